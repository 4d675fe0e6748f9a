import { describe, expect, it } from 'vitest';
import { end, shippedGraph, TestEditor } from '../../../support/graph-bench.ts';

describe('connect and disconnect', () => {
  it('replaces the link of an input for one, and lines up those of an input for many', () => {
    const editor = new TestEditor().add('LoadImage', 'a').add('LoadImage', 'b').add('LoadImage', 'c').add('SaveImage', 'save').add('ContactSheet', 'sheet');
    editor.link('a.image', 'save.image').link('b.image', 'save.image').link('a.image', 'sheet.images').link('b.image', 'sheet.images');
    editor.do({ type: 'connect', from: end('c.image'), to: end('sheet.images'), index: 1 });
    expect(editor.sources('save', 'image')).toEqual(['b.image']);
    expect(editor.sources('sheet', 'images')).toEqual(['a.image', 'c.image', 'b.image']);
    editor.do({ type: 'reorder-link', to: end('sheet.images'), index: 0, toIndex: 2 });
    expect(editor.sources('sheet', 'images')).toEqual(['c.image', 'b.image', 'a.image']);
    editor.do({ type: 'disconnect', to: end('sheet.images'), index: 1 });
    expect(editor.sources('sheet', 'images')).toEqual(['c.image', 'a.image']);
    editor.do({ type: 'disconnect', to: end('sheet.images') }).do({ type: 'disconnect', to: end('save.image') });
    expect(editor.wires).toEqual([]);
    expect(editor.view.node('save')?.inputs).toEqual({});
  });

  it('refuses other types, loops and doubles, each with its reason', () => {
    new TestEditor().add('LoadImage', 'a').add('ContactSheet', 's').add('ContactSheet', 't').add('VAEDecode', 'decode')
      .link('a.image', 's.images').link('s.sheet', 't.images')
      .refuses({ type: 'connect', from: end('a.image'), to: end('decode.latents') }, 'edit.link-type')
      .refuses({ type: 'connect', from: end('t.sheet'), to: end('s.images') }, 'edit.cycle')
      .refuses({ type: 'connect', from: end('s.sheet'), to: end('s.images') }, 'edit.cycle')
      .refuses({ type: 'connect', from: end('a.image'), to: end('s.images') }, 'edit.linked-already')
      .refuses({ type: 'reorder-link', to: end('s.images'), index: 0, toIndex: 4 }, 'edit.no-such-link');
  });

  it('unlinks what a node type no longer has', () => {
    const graph = shippedGraph('render');
    const editor = new TestEditor({ ...graph, nodes: { ...graph.nodes, save: { type: 'SaveImage', version: 2, params: {}, inputs: { former: { node: 'gone', port: 'x' } } } } });
    editor.do({ type: 'disconnect', to: end('save.former') });
    expect(editor.view.into('save')).toEqual([]);
  });
});

describe('remove-nodes', () => {
  it('takes the links along', () => {
    const editor = new TestEditor(shippedGraph('render')).do({ type: 'remove-nodes', nodes: ['sample', 'nobody'] });
    expect(editor.ids).not.toContain('sample');
    expect(editor.sources('decode', 'latents')).toEqual([]);
    expect(editor.sources('decode', 'vae')).toEqual(['backbone.vae']);
  });

  it('links what came in to where it went, through all that is removed', () => {
    const editor = new TestEditor(shippedGraph('bind-a-concept'));
    editor.do({ type: 'remove-nodes', nodes: ['engramSample', 'inject'], reconnect: true });
    expect(editor.sources('engramDecode', 'latents')).toEqual(['latent.latents']);
    expect(editor.sources('engramPrompts', 'textEncoders')).toEqual(['backbone.textEncoders']);
    editor.undo();
    expect(editor.state.document).toEqual(shippedGraph('bind-a-concept'));
  });
});
