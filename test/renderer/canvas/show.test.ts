import { describe, expect, it } from 'vitest';
import type { GraphFile } from '../../../src/contract/graph-file.ts';
import type { NodeSchema } from '../../../src/contract/node.ts';
import { MOST_AT_ONCE, Shower } from '../../../src/renderer/canvas/show.ts';
import { Catalogue, Editor } from '../../../src/renderer/graph/index.ts';

const SCHEMA: NodeSchema = {
  type: 'Sample', version: 1, category: 'sampling', title: 'Sample', doc: '', inputs: { latents: { type: 'Latents', doc: '' } }, outputs: { latents: { type: 'Latents', doc: '' } },
  params: { steps: { kind: 'integer', min: 1, max: 10, default: 5, doc: '' }, on: { kind: 'boolean', default: true, doc: '' }, seeds: { kind: 'integer-list', min: 0, max: 9, default: [1, 2], doc: '' } },
};

const LINKED = { latents: { node: 'n0', port: 'latents' } };

function editorOf(nodes: GraphFile['nodes'], ui?: GraphFile['ui']): Editor {
  return new Editor({ document: { format: 'engram-graph', version: 1, nodes, ...(ui ? { ui } : {}) }, catalogue: new Catalogue([SCHEMA]) });
}

const shownIn = (editor: Editor): ReturnType<Shower['show']> => new Shower().show(editor.view, editor.state);

describe('what the canvas draws', () => {
  it('takes defaults for params that the file leaves out, and marks wrong values', () => {
    const [node] = shownIn(editorOf({ a: { type: 'Sample', version: 1, params: { steps: 99 }, inputs: {} } })).nodes;
    expect(node?.params.map(({ text, wrong }) => [text, wrong])).toEqual([['99', true], ['on', false], ['1, 2', false]]);
  });

  it('draws nodes of unknown types from what the file says, as plain text', () => {
    const [node] = shownIn(editorOf({ odd: { type: '<b>Odd</b>', version: 1, params: { a: '<i>x</i>' }, inputs: { x: { node: 'gone', port: 'y' } } } })).nodes;
    expect(node).toMatchObject({ known: false, title: '<b>Odd</b>', inputs: [{ name: 'x' }], params: [{ text: '"<i>x</i>"' }] });
  });

  it('keeps what has not changed the same object, so that the canvas leaves it alone', () => {
    const editor = editorOf({ a: { type: 'Sample', version: 1, params: {}, inputs: {} }, b: { type: 'Sample', version: 1, params: {}, inputs: { latents: { node: 'a', port: 'latents' } } } });
    const shower = new Shower();
    const before = shower.show(editor.view, editor.state);
    editor.dispatch({ type: 'set-param', node: 'a', param: 'steps', value: 7 });
    const after = shower.show(editor.view, editor.state);
    expect(after.nodes[0]).not.toBe(before.nodes[0]);
    expect(after.nodes[1]).toBe(before.nodes[1]);
    editor.select({ nodes: ['b'] });
    expect(shower.show(editor.view, editor.state).nodes).toBe(after.nodes);
  });

  it('draws links with the type of their output, and groups with their frame', () => {
    const shown = shownIn(editorOf({ a: { type: 'Sample', version: 1, params: {}, inputs: {} }, b: { type: 'Sample', version: 1, params: {}, inputs: { latents: { node: 'a', port: 'latents' } } } }, { groups: { g: { title: 'G', position: [1, 2], size: [30, 40] }, broken: { position: 'no' } } }));
    expect(shown.links).toMatchObject([{ from: 'a', output: 'latents', to: 'b', input: 'latents', type: 'Latents' }]);
    expect(shown.groups).toEqual([{ id: 'g', title: 'G', color: undefined, box: { x: 1, y: 2, width: 30, height: 40 } }]);
  });

  it('makes a very large graph piece by piece, and only what is new of it', () => {
    const nodes: GraphFile['nodes'] = Object.fromEntries(Array.from({ length: 2 * MOST_AT_ONCE + 1 }, (_none, index) => [`n${index}`, { type: 'Sample', version: 1, params: {}, inputs: index === 1 ? LINKED : {} }]));
    const editor = editorOf(nodes);
    const shower = new Shower();
    const pieces = Array.from({ length: 3 }, () => shower.show(editor.view, editor.state));
    expect(pieces.map(({ nodes: shown, links, complete }) => [shown.length, links.length, complete])).toEqual([[MOST_AT_ONCE, 0, false], [2 * MOST_AT_ONCE, 0, false], [2 * MOST_AT_ONCE + 1, 1, true]]);
    editor.dispatch({ type: 'set-param', node: 'n0', param: 'steps', value: 7 });
    expect(shower.show(editor.view, editor.state).complete).toBe(true);
  });
});
