import { describe, expect, it } from 'vitest';
import { readReroutes } from '../../../../src/renderer/graph/layout/reroutes.ts';
import { shownInputs } from '../../../../src/renderer/graph/queries/ports.ts';
import { end, shippedGraph, TestEditor } from '../../../support/graph-bench.ts';

const render = (): TestEditor => new TestEditor(shippedGraph('render'));

describe('the looks of nodes', () => {
  it('change, and go back to none without a trace', () => {
    const editor = render();
    const before = editor.state.document;
    editor
      .do({ type: 'rename-node', node: 'sample', title: 'Portrait' }).do({ type: 'resize-node', node: 'sample', size: [300, 200] })
      .do({ type: 'collapse-nodes', nodes: ['sample', 'save'], collapsed: true }).do({ type: 'color-nodes', nodes: ['sample'], color: '#aabbcc' });
    expect(editor.view.node('sample')).toMatchObject({ title: 'Portrait', ui: { position: [640, 0], size: [300, 200], collapsed: true, color: '#aabbcc' } });
    expect(editor.undoName).toBe('Colour 1 node');
    editor
      .do({ type: 'rename-node', node: 'sample', title: '' }).do({ type: 'resize-node', node: 'sample', size: undefined })
      .do({ type: 'collapse-nodes', nodes: ['sample', 'save'], collapsed: false }).do({ type: 'color-nodes', nodes: ['sample'], color: undefined });
    expect(editor.state.document).toEqual(before);
  });

  it('refuse what a file could not hold', () => {
    render()
      .refuses({ type: 'rename-node', node: 'sample', title: 'x'.repeat(201) }, 'edit.title').refuses({ type: 'rename-node', node: 'gone', title: 'x' }, 'edit.missing-node')
      .refuses({ type: 'resize-node', node: 'sample', size: [0, 5] }, 'edit.size').refuses({ type: 'resize-node', node: 'sample', size: [Infinity, 5] }, 'edit.not-finite')
      .refuses({ type: 'color-nodes', nodes: ['sample'], color: 'url(javascript:0)' }, 'edit.color');
  });
});

describe('way points', () => {
  const link = { from: end('backbone.vae'), to: end('decode.vae') };

  it('stay on their link, move with both its ends, and go with it', () => {
    const editor = render().do({ type: 'set-reroutes', ...link, points: [[10, 20], [30, 40]] });
    const points = (): unknown => readReroutes(editor.view.node('decode') ?? { type: '', version: 1, params: {}, inputs: {} }, 'vae', link.from);
    editor.do({ type: 'move-nodes', nodes: ['decode'], by: [5, 5] });
    expect(points()).toEqual([[10, 20], [30, 40]]);
    editor.do({ type: 'move-nodes', nodes: ['decode', 'backbone'], by: [5, 5] });
    expect(points()).toEqual([[15, 25], [35, 45]]);
    expect(editor.view.reroutes({ ...link, index: 0 })).toEqual(points());
    editor.do({ type: 'disconnect', to: link.to });
    expect(editor.view.node('decode')?.ui).toEqual({ position: [970, 10] });
  });

  it('go with the node that they come from', () => {
    const editor = render().do({ type: 'set-reroutes', ...link, points: [[1, 2]] }).do({ type: 'remove-nodes', nodes: ['backbone'] });
    expect(editor.view.node('decode')?.ui).toEqual({ position: [960, 0] });
  });

  it('need a link', () => {
    render().refuses({ type: 'set-reroutes', from: end('sample.latents'), to: end('decode.vae'), points: [[1, 2]] }, 'edit.no-such-link');
  });
});

describe('set-mode', () => {
  it('mutes, bypasses and puts to use again', () => {
    const editor = render();
    const before = editor.state.document;
    editor.do({ type: 'set-mode', nodes: ['sample', 'decode'], mode: 'mute' }).do({ type: 'set-mode', nodes: ['sample', 'save'], mode: 'bypass' });
    expect(['sample', 'decode', 'save'].map((id) => editor.view.node(id)?.mode)).toEqual(['bypass', 'mute', 'bypass']);
    editor.do({ type: 'set-mode', nodes: ['sample', 'decode', 'save'], mode: undefined });
    expect(editor.state.document).toEqual(before);
    editor.refuses({ type: 'set-mode', nodes: ['decode'], mode: 'bypass' }, 'edit.no-pass-through');
  });
});

describe('params as ports', () => {
  it('can be shown, linked to values of their type, and hidden again', () => {
    const editor = render().add('Number', 'number').add('Text', 'text');
    const names = (): string[] => shownInputs(editor.view, 'sample').filter(({ isParam }) => isParam).map(({ name, port }) => `${name} ${port.type}`);
    expect(names()).toEqual([]);
    editor.do({ type: 'show-param-port', node: 'sample', param: 'steps', shown: true }).link('number.value', 'sample.guidanceScale').link('text.value', 'sample.scheduler');
    expect(names()).toEqual(['steps Number', 'guidanceScale Number', 'scheduler Text']);
    editor.refuses({ type: 'connect', from: end('text.value'), to: end('sample.steps') }, 'edit.link-type');
    editor.refuses({ type: 'show-param-port', node: 'sample', param: 'toString', shown: true }, 'edit.unknown-param');
    editor.do({ type: 'show-param-port', node: 'sample', param: 'steps', shown: false }).do({ type: 'disconnect', to: end('sample.scheduler') });
    expect(names()).toEqual(['guidanceScale Number']);
  });
});

describe('groups', () => {
  it('are framed, changed, moved with what is in them, and removed without it', () => {
    const editor = render();
    const before = editor.state.document;
    editor.do({ type: 'add-group', title: 'Ends', position: [900, -50], size: [600, 200] }).do({ type: 'add-group', title: 'Save', position: [1250, -20], size: [100, 100], color: '#112233' });
    expect(editor.created).toEqual(['group2']);
    editor.do({ type: 'set-group', group: 'group', change: { title: 'The ends', size: [700, 200] } });
    editor.do({ type: 'move-groups', groups: ['group'], by: [10, 100] });
    expect(editor.view.ui['groups']).toEqual({ group: { title: 'The ends', position: [910, 50], size: [700, 200] }, group2: { title: 'Save', position: [1260, 80], size: [100, 100], color: '#112233' } });
    expect(['sample', 'decode', 'save'].map((id) => editor.view.node(id)?.ui?.['position'])).toEqual([[640, 0], [970, 100], [1290, 100]]);
    editor.do({ type: 'set-group', group: 'group2', change: { color: '' } }).do({ type: 'remove-groups', groups: ['group', 'gone'] });
    expect(editor.view.ui['groups']).toEqual({ group2: { title: 'Save', position: [1260, 80], size: [100, 100] } });
    editor.undoAll();
    expect(editor.state.document).toBe(before);
    editor.refuses({ type: 'set-group', group: 'gone', change: {} }, 'edit.missing-group').refuses({ type: 'add-group', title: '', position: [0, 0], size: [-1, 1] }, 'edit.size');
  });

  it('are read from any file', () => {
    const groups: unknown[] = [null, 7, [], { a: 1 }, { __proto__: null, b: { position: ['x', 0], size: [1, 1] }, c: { position: [0, 0], size: [-1, 1] }, d: { position: [1e300, 0], size: [1, 1], title: 7, color: 'red' } }];
    for (const saved of groups) {
      const editor = new TestEditor({ ...shippedGraph('render'), ui: { groups: saved } });
      editor.do({ type: 'add-group', title: 'New', position: [0, 0], size: [1, 1] });
      expect(editor.created).toEqual(['group']);
    }
  });
});
