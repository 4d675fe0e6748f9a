import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clip, clippingText, readClipping, type Clipping } from '../../../src/renderer/graph/clipboard.ts';
import { EMPTY, processorMs, shippedGraph, TestEditor } from '../../support/graph-bench.ts';

function copied(editor: TestEditor, nodes: readonly string[], groups: readonly string[] = []): Clipping {
  const read = readClipping(clippingText(clip(editor.view, { nodes, groups })));
  if ('error' in read) throw new Error(read.error.rule);
  return read.clipping;
}

function errorOf(text: string): string {
  const read = readClipping(text);
  return 'error' in read ? read.error.code : 'taken';
}

describe('the clipboard', () => {
  it('carries nodes with the links between them to another window', () => {
    const source = new TestEditor(shippedGraph('render')).do({ type: 'add-group', title: 'Two', position: [600, -40], size: [700, 300] });
    source.do({ type: 'set-reroutes', from: { node: 'sample', port: 'latents' }, to: { node: 'decode', port: 'latents' }, points: [[900, 50]] });
    const target = new TestEditor(shippedGraph('render'));
    target.do({ type: 'paste', clipping: copied(source, ['sample', 'decode', 'constructor', 'gone'], ['group']), at: [0, 500] });
    expect(target.created).toEqual(['sample2', 'decode2']);
    expect(target.view.node('sample2')).toMatchObject({ params: { steps: 25 }, inputs: {}, ui: { position: [40, 540] } });
    expect(target.view.node('decode2')?.inputs).toEqual({ latents: { node: 'sample2', port: 'latents' } });
    expect(target.view.node('decode2')?.ui).toEqual({ position: [360, 540], reroutes: { latents: { 'sample2.latents': [[300, 590]] } } });
    expect(target.view.ui['groups']).toEqual({ group: { title: 'Two', position: [0, 500], size: [700, 300] } });
    expect([...target.state.selection.nodes]).toEqual(['sample2', 'decode2']);
    target.undoAll();
    expect(target.state.document).toEqual(shippedGraph('render'));
  });

  it('keeps fields and node types that nobody here knows', () => {
    const odd = { type: 'Later', version: 7, params: { a: [1] }, inputs: {}, future: { deep: true } };
    const source = new TestEditor({ ...EMPTY, nodes: { odd } });
    const target = new TestEditor().do({ type: 'paste', clipping: copied(source, ['odd']), at: [0, 0] });
    expect(target.view.node('odd')).toEqual({ ...odd, ui: { position: [0, 0] } });
  });

  const refused: readonly (readonly [string, string, string])[] = [
    ['plain text', 'hello', 'clipboard.not-json'],
    ['other JSON', '[1, 2]', 'clipboard.format'],
    ['null', 'null', 'clipboard.format'],
    ['a whole graph', JSON.stringify(EMPTY), 'clipboard.format'],
    ['a later version', '{"format":"engram-graph-clipboard","version":2,"nodes":{}}', 'clipboard.newer-version'],
    ['an id that is no name', '{"format":"engram-graph-clipboard","version":1,"nodes":{"a b":{"type":"X","version":1}}}', 'clipboard.schema'],
    ['a param that is an object', '{"format":"engram-graph-clipboard","version":1,"nodes":{"a":{"type":"X","version":1,"params":{"p":{}}}}}', 'clipboard.schema'],
    ['more than fits', ' '.repeat(8 * 1024 * 1024 + 1), 'clipboard.too-large'],
    ['too many nodes', JSON.stringify({ format: 'engram-graph-clipboard', version: 1, nodes: Object.fromEntries(Array.from({ length: 20_001 }, (_, index) => [`n${index}`, { type: 'X', version: 1 }])) }), 'clipboard.too-large'],
  ];

  it.each(refused)('refuses %s', (_name, text, code) => {
    expect(errorOf(text)).toBe(code);
  });

  it('never lets prototype keys through', () => {
    const text = '{"format":"engram-graph-clipboard","version":1,"nodes":{"__proto__":{"type":"X","version":1}},"groups":{"__proto__":{}}}';
    expect(errorOf(text)).toBe('clipboard.prototype-key');
    const own = '{"format":"engram-graph-clipboard","version":1,"nodes":{"constructor":{"type":"Sample","version":1,"inputs":{"latents":{"node":"toString","port":"valueOf"}}}}}';
    const found = readClipping(own);
    if ('error' in found) throw new Error(found.error.rule);
    const editor = new TestEditor().do({ type: 'paste', clipping: found.clipping }).do({ type: 'remove-nodes', nodes: ['constructor'] });
    expect(editor.ids).toEqual([]);
  });

  it('answers any text with a clipping or a reason, and pastes what it takes', () => {
    const whole = clippingText(clip(new TestEditor(shippedGraph('render')).view, { nodes: ['sample', 'decode', 'save'] }));
    const damaged = fc.tuple(fc.nat(whole.length - 1), fc.string({ maxLength: 4 })).map(([at, patch]) => whole.slice(0, at) + patch + whole.slice(at + 1));
    fc.assert(fc.property(fc.oneof(damaged, fc.string(), fc.json()), (text) => {
      const read = readClipping(text);
      if ('error' in read) expect(read.error.where).toBe('The clipboard');
      else new TestEditor(shippedGraph('render')).do({ type: 'paste', clipping: read.clipping });
    }), { numRuns: 300 });
  });

  it('duplicates beside the original, with the links from outside on request', () => {
    const editor = new TestEditor(shippedGraph('render')).do({ type: 'duplicate', nodes: ['sample', 'decode'], links: 'all', by: [0, 400] });
    expect(editor.sources('decode2', 'latents')).toEqual(['sample2.latents']);
    expect(editor.sources('decode2', 'vae')).toEqual(['backbone.vae']);
    expect(editor.view.node('sample2')?.ui).toEqual({ position: [640, 400] });
    editor.do({ type: 'duplicate', nodes: ['decode'] });
    expect(editor.view.node('decode3')?.inputs).toEqual({});
  });

  it('pastes 10,000 nodes twice, not in quadratic time', () => {
    const nodes = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`n${index}`, { type: 'Note', version: 1, params: {}, inputs: {} }]));
    const clipping: Clipping = { nodes, groups: {}, subgraphs: {} };
    const editor = new TestEditor();
    expect(processorMs(() => editor.do({ type: 'paste', clipping }).do({ type: 'paste', clipping }))).toBeLessThan(15_000); // quadratic work would take minutes
    expect(new Set(editor.ids).size).toBe(20_000);
  });
});
