import { describe, expect, it } from 'vitest';
import type { GraphFile } from '../../../src/contract/graph-file.ts';
import { graphText } from '../../../src/contract/graph-text.ts';
import { parseGraph } from '../../../src/main/runtime/read-graph.ts';
import { validateGraph } from '../../../src/main/runtime/validate.ts';
import { diffGraphs } from '../../../src/renderer/graph/diff.ts';
import { portVerdicts } from '../../../src/renderer/graph/queries/ports.ts';
import { dirtyNodes } from '../../../src/renderer/graph/queries/dirty.ts';
import { paletteCandidates } from '../../../src/renderer/graph/queries/palette.ts';
import { boundsOf } from '../../../src/renderer/graph/layout/geometry.ts';
import { EMPTY, processorMs, SHIPPED, TestEditor } from '../../support/graph-bench.ts';

/** Far above what work that grows with the nodes takes on a busy machine, far below what work that grows with their square does (minutes). The 2 seconds that a person waits are measured by the proof `hostile-graphs`. */
const WAIT_MS = 15_000;

/** A chain of contact sheets with 100,000 nodes and as many links. */
function chain(count: number): GraphFile {
  const nodes: GraphFile['nodes'] = { n0: { type: 'LoadImage', version: 1, params: {}, inputs: {}, ui: { position: [0, 0] } } };
  for (let index = 1; index < count; index += 1) {
    nodes[`n${index}`] = { type: 'ContactSheet', version: 2, params: {}, inputs: { images: [{ node: `n${index - 1}`, port: index === 1 ? 'image' : 'sheet' }] } };
  }
  return { ...EMPTY, nodes };
}

describe('100,000 nodes', () => {
  const graph = chain(100_000);

  it('are opened, asked about, changed, saved and read again, none in quadratic time', () => {
    let editor = new TestEditor();
    let text = '';
    const works: Readonly<Record<string, () => void>> = {
      open: () => { editor = new TestEditor(graph); expect(editor.view.links).toHaveLength(99_999); },
      drag: () => { expect(portVerdicts(editor.view, { node: 'n50000', port: 'sheet', side: 'output' }).filter(({ fault }) => fault === undefined).length).toBe(49_998); },
      palette: () => { expect(paletteCandidates(editor.view, { node: 'n5', port: 'sheet', side: 'output' })).not.toEqual([]); },
      move: () => { editor.do({ type: 'move-nodes', nodes: ['n7'], by: [1, 1] }); },
      link: () => { editor.refuses({ type: 'connect', from: { node: 'n99999', port: 'sheet' }, to: { node: 'n1', port: 'images' } }, 'edit.cycle'); },
      'move all': () => { editor.do({ type: 'move-nodes', nodes: editor.ids, by: [1, 1] }); },
      delete: () => { editor.do({ type: 'remove-nodes', nodes: editor.ids.slice(1, 99_999), reconnect: true }); expect(editor.wires).toEqual(['n0.image > n99999.images']); },
      undo: () => { editor.undo(); expect(editor.ids).toHaveLength(100_000); },
      dirty: () => { editor.set('n0', 'file', 'x'); expect(dirtyNodes(editor.view, graph).size).toBe(100_000); },
      diff: () => { expect(diffGraphs(graph, editor.state.document)).toHaveLength(100_001); },
      bounds: () => { boundsOf(Object.values(editor.view.nodes).map(() => ({ x: 0, y: 0, width: 1, height: 1 }))); },
      save: () => { text = graphText({ ...editor.state.document, nodes: Object.fromEntries(Object.entries(editor.state.document.nodes).slice(0, 50_000)) }); },
      read: () => { expect(Object.keys(parseGraph(JSON.stringify(JSON.parse(text)), 'big.graph.json').nodes)).toHaveLength(50_000); },
      validate: () => { validateGraph(editor.state.document, SHIPPED.schemas); },
    };
    const spent = Object.entries(works).map(([name, work]) => [name, Math.round(processorMs(work))] as const);
    expect(spent.filter(([, ms]) => ms > WAIT_MS), JSON.stringify(spent)).toEqual([]);
  });

  it('with a faulty link each are all told about', () => {
    const nodes = Object.fromEntries(Object.entries(graph.nodes).slice(0, 50_000).map(([id, node]) => [id, { ...node, inputs: { images: [{ node: 'gone', port: 'x' }] } }]));
    let faults = 0;
    expect(processorMs(() => { faults = validateGraph({ ...EMPTY, nodes }, SHIPPED.schemas).faults.length; })).toBeLessThan(WAIT_MS);
    expect(faults).toBeGreaterThanOrEqual(50_000);
  });
});

describe('files that mean harm', () => {
  const names = ['constructor', 'toString', 'hasOwnProperty', 'valueOf', 'prototype'];

  it('may use the names of object members everywhere', () => {
    const nodes = Object.fromEntries(names.map((name, index) => [name, { type: names[(index + 1) % names.length] ?? '', version: 1, params: { [name]: 1 }, inputs: { [name]: { node: names[(index + 2) % names.length] ?? '', port: name } }, ui: { groups: names, reroutes: { [name]: 7 }, position: { x: 1 }, paramPorts: names } }]));
    const file = parseGraph(JSON.stringify({ ...EMPTY, nodes, ui: { groups: Object.fromEntries(names.map((name) => [name, name])) }, subgraphs: { constructor: { nodes: { valueOf: { type: 'subgraph:constructor', version: 1 } } } } }), 'names.graph.json');
    const editor = new TestEditor(file);
    expect(editor.view.links).toHaveLength(names.length);
    expect(names.map((name) => editor.view.schema(name))).toEqual(names.map(() => undefined));
    editor.do({ type: 'duplicate', nodes: names, links: 'all' }).do({ type: 'move-nodes', nodes: names, by: [1, 1] }).do({ type: 'add-node', nodeType: 'subgraph:constructor', position: [0, 0] }).do({ type: 'remove-nodes', nodes: names, reconnect: true });
    expect(validateGraph(editor.state.document, SHIPPED.schemas).faults.map(({ code }) => code)).toContain('graph.subgraph-in-itself');
    editor.undoAll();
    expect(editor.state.document).toBe(file);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('keep markup as plain text', () => {
    const html = '<img src=x onerror=alert(1)>"\'</script>';
    const editor = new TestEditor().add('Note', 'note').set('note', 'text', html).do({ type: 'rename-node', node: 'note', title: html });
    expect(editor.view.where('note')).toBe(`Note "${html}"`);
    expect(parseGraph(graphText(editor.state.document), 'note.graph.json').nodes['note']?.params['text']).toBe(html);
  });

  it('may nest sub-graphs far too deep, in rings too', () => {
    const deep = Object.fromEntries(Array.from({ length: 1000 }, (_, level) => [`s${level}`, {
      inputs: {}, outputs: {}, params: { p: { node: 'x', param: 'p' }, q: { node: 'x', param: 'q' } }, nodes: { x: { type: `subgraph:s${(level + 1) % 1000}`, version: 1, params: {}, inputs: {} } },
    }]));
    const editor = new TestEditor({ ...EMPTY, subgraphs: deep });
    expect(processorMs(() => {
      editor.do({ type: 'add-node', nodeType: 'subgraph:s0', position: [0, 0] });
      expect(validateGraph(editor.state.document, SHIPPED.schemas).faults.map(({ code }) => code)).toEqual(['graph.subgraph-depth']);
      paletteCandidates(editor.view);
    })).toBeLessThan(WAIT_MS);
  });
});
