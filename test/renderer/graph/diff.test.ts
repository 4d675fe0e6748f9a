import { describe, expect, it } from 'vitest';
import { describeChange, diffGraphs } from '../../../src/renderer/graph/diff.ts';
import { end, shippedGraph, TestEditor } from '../../support/graph-bench.ts';

function words(change: (editor: TestEditor) => void, prepare: (editor: TestEditor) => void = () => undefined): string[] {
  const editor = new TestEditor(shippedGraph('render'));
  prepare(editor);
  const before = editor.state.document;
  change(editor);
  return diffGraphs(before, editor.state.document).map(describeChange);
}

describe('diffGraphs', () => {
  it('finds nothing between equal graphs, read twice', () => {
    expect(diffGraphs(shippedGraph('render'), shippedGraph('render'))).toEqual([]);
  });

  it('names nodes, params and links, as data and in words', () => {
    expect(words((editor) => editor.set('sample', 'steps', 30).add('Note', 'note').do({ type: 'remove-nodes', nodes: ['save'] }).do({ type: 'rename-node', node: 'decode', title: 'Last' }).do({ type: 'disconnect', to: end('sample.negative') }).link('prompts.negative', 'sample.positive').do({ type: 'set-mode', nodes: ['sample'], mode: 'bypass' }))).toEqual([
      'Sample "sample": mode none → "bypass"',
      'Sample "sample": steps 25 → 30',
      'VAEDecode "Last": title none → "Last"',
      'SaveImage "save" removed',
      'Note "note" added',
      'Link prompts.positive → sample.positive removed',
      'Link prompts.negative → sample.positive added',
      'Link prompts.negative → sample.negative removed',
      'Link decode.image → save.image removed',
    ]);
    const editor = new TestEditor(shippedGraph('render')).set('sample', 'steps', 30);
    expect(diffGraphs(shippedGraph('render'), editor.state.document)).toEqual([{ kind: 'param', scope: undefined, node: 'sample', where: 'Sample "sample"', param: 'steps', before: 25, after: 30 }]);
  });

  it('tells layout, groups and order of links from what changes results', () => {
    const prepare = (editor: TestEditor): void => { editor.add('ContactSheet', 'sheet').add('LoadImage', 'load').link('decode.image', 'sheet.images').link('load.image', 'sheet.images'); };
    expect(words((editor) => editor.do({ type: 'move-nodes', nodes: ['sample'], by: [1, 0] }).do({ type: 'collapse-nodes', nodes: ['save'], collapsed: true }).do({ type: 'add-group', title: 'G', position: [0, 0], size: [9, 9] }).do({ type: 'reorder-link', to: end('sheet.images'), index: 0, toIndex: 1 }), prepare)).toEqual([
      'Sample "sample": moved', 'SaveImage "save": looks changed (collapsed)', 'Links into sheet.images are in another order', 'Group "G" added',
    ]);
  });

  it('looks into sub-graphs', () => {
    const prepare = (editor: TestEditor): void => { editor.do({ type: 'make-subgraph', nodes: ['sample', 'decode'] }); };
    expect(words((editor) => { editor.openScope('subgraph'); editor.set('sample', 'steps', 3).do({ type: 'rename-subgraph-port', side: 'output', port: 'image', to: 'picture' }); }, prepare)).toEqual([
      'Link subgraph.image → save.image removed', 'Link subgraph.picture → save.image added', 'Sub-graph subgraph: outputs changed',
      'In sub-graph subgraph: Sample "sample": steps 25 → 3', 'In sub-graph subgraph: Link decode.image → outputs.image removed', 'In sub-graph subgraph: Link decode.image → outputs.picture added',
    ]);
    expect(words(() => undefined, prepare)).toEqual([]);
  });

  it('shows fields that nobody here knows', () => {
    const graph = shippedGraph('render');
    expect(diffGraphs(graph, { ...graph, name: 'other', author: { name: 'me' }, ui: { zoom: 2 } }).map(describeChange)).toEqual(['name: "render" → "other"', 'author: none → {"name":"me"}', 'ui.zoom: none → 2']);
  });
});
