import { describe, expect, it, vi } from 'vitest';
import { end, TestEditor, shippedGraph } from '../../support/graph-bench.ts';

function loaded(): TestEditor {
  return new TestEditor().add('LoadBackbone', 'backbone').add('EncodePrompt', 'prompts').add('EmptyLatent', 'latent').add('Sample', 'sample');
}

describe('Editor', () => {
  it('builds a graph by gestures, and undoes and redoes each of them', () => {
    const editor = loaded().link('backbone.textEncoders', 'prompts.textEncoders').link('prompts.positive', 'sample.positive').set('sample', 'steps', 7);
    const built = editor.state.document;
    expect(editor.wires).toEqual(['backbone.textEncoders > prompts.textEncoders', 'prompts.positive > sample.positive']);
    expect(editor.undoName).toBe('Set steps of Sample "sample"');
    editor.undo();
    expect(editor.view.node('sample')?.params['steps']).toBe(20);
    editor.undoAll();
    expect(editor.ids).toEqual([]);
    editor.redoAll();
    expect(editor.state.document).toBe(built);
  });

  it('answers what it refuses with an error, and changes nothing', () => {
    loaded()
      .refuses({ type: 'add-node', nodeType: 'Nonsense', position: [0, 0] }, 'edit.unknown-type')
      .refuses({ type: 'add-node', nodeType: 'Sample', position: [NaN, 0] }, 'edit.not-finite')
      .refuses({ type: 'add-node', nodeType: 'Sample', position: [0, 0], id: 'sample' }, 'edit.id-taken')
      .refuses({ type: 'add-node', nodeType: 'Sample', position: [0, 0], id: '__proto__' }, 'edit.id')
      .refuses({ type: 'connect', from: end('constructor.x'), to: end('sample.positive') }, 'edit.missing-node')
      .refuses({ type: 'connect', from: end('prompts.constructor'), to: end('sample.positive') }, 'edit.unknown-output')
      .refuses({ type: 'set-param', node: 'sample', param: 'toString', value: 1 }, 'edit.unknown-param')
      .refuses({ type: 'set-param', node: 'sample', param: 'steps', value: NaN }, 'edit.param-value')
      .refuses({ type: 'set-param', node: 'sample', param: 'steps', value: { a: 1 } as unknown as number }, 'edit.param-value');
  });

  it('makes one step of what belongs to one gesture', () => {
    const editor = loaded();
    const drag = editor.newGesture();
    for (const x of [1, 2, 3]) editor.do({ type: 'move-nodes', nodes: ['sample', 'latent'], by: [x, 0] }, { gesture: drag });
    editor.do({ type: 'move-nodes', nodes: ['sample'], by: [0, 5] }, { gesture: editor.newGesture() });
    expect(editor.view.node('sample')?.ui?.['position']).toEqual([6, 5]);
    editor.undo();
    expect(editor.view.node('sample')?.ui?.['position']).toEqual([6, 0]);
    editor.undo();
    expect(editor.view.node('sample')?.ui?.['position']).toEqual([0, 0]);
    expect(editor.ids).toHaveLength(4);
  });

  it('begins a new step when the same gesture goes on after an undo', () => {
    const editor = loaded().set('sample', 'steps', 3, 'typing').set('sample', 'steps', 30, 'typing');
    editor.undo();
    expect(editor.view.node('sample')?.params['steps']).toBe(20);
    editor.redo();
    editor.undo();
    editor.set('sample', 'steps', 4, 'typing');
    expect(editor.redoName).toBeUndefined();
    editor.undo();
    expect(editor.view.node('sample')?.params['steps']).toBe(20);
  });

  it('makes one step of a transaction, told once, and nothing of one that throws', () => {
    const editor = loaded();
    const heard = vi.fn();
    editor.subscribe(heard);
    editor.transaction('Both', (dispatch) => {
      dispatch({ type: 'set-param', node: 'sample', param: 'steps', value: 3 });
      dispatch({ type: 'set-param', node: 'sample', param: 'guidanceScale', value: 2 });
    });
    expect(heard).toHaveBeenCalledTimes(1);
    expect(editor.undoName).toBe('Both');
    const before = editor.state;
    expect(() => {
      editor.transaction('Half', (dispatch) => {
        dispatch({ type: 'remove-nodes', nodes: ['latent'] });
        throw new Error('no');
      });
    }).toThrow('no');
    expect(editor.state).toBe(before);
    editor.undo();
    expect(editor.view.node('sample')?.params).toMatchObject({ steps: 20, guidanceScale: 7.5 });
  });

  it('tells listeners why the state is another one, until they leave', () => {
    const editor = loaded();
    const causes: string[] = [];
    const leave = editor.subscribe((change) => causes.push(change.cause));
    editor.set('sample', 'steps', 3).undo();
    editor.redo();
    editor.select({ nodes: ['latent'] });
    editor.select({ nodes: ['latent', 'nobody'] });
    leave();
    editor.undo();
    expect(causes).toEqual(['command', 'undo', 'redo', 'select']);
  });

  it('knows whether there is anything to save, also after undo', () => {
    const editor = loaded();
    editor.markSaved();
    editor.set('sample', 'steps', 20);
    expect([editor.isDirty, editor.undoName]).toEqual([false, 'Add Sample']);
    editor.set('sample', 'steps', 3);
    expect(editor.isDirty).toBe(true);
    editor.undo();
    expect(editor.isDirty).toBe(false);
  });

  it('brings the selection back with the step', () => {
    const editor = loaded();
    editor.select({ nodes: ['latent', 'sample'] });
    editor.do({ type: 'remove-nodes', nodes: ['latent', 'sample'] });
    expect([...editor.state.selection.nodes]).toEqual([]);
    editor.undo();
    expect([...editor.state.selection.nodes]).toEqual(['latent', 'sample']);
  });

  it('keeps as many steps as it is told to', () => {
    const editor = new TestEditor(shippedGraph('render'));
    for (let step = 1; step <= 600; step += 1) editor.set('sample', 'steps', step === 25 ? 1000 : step);
    let undone = 0;
    while (editor.undo()) undone += 1;
    expect(undone).toBe(500);
  });

  it('keeps fewer steps of a huge graph, but always some', () => {
    const nodes = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`n${index}`, { type: 'Note', version: 1, params: { text: '' }, inputs: {} }]));
    const editor = new TestEditor({ ...shippedGraph('render'), nodes });
    for (let step = 1; step <= 40; step += 1) editor.set('n7', 'text', String(step));
    let undone = 0;
    while (editor.undo()) undone += 1;
    expect(undone).toBe(30);
    for (let step = 1; step <= 5; step += 1) editor.redo();
    editor.set('n7', 'text', 'other');
    expect([editor.redoName, editor.undoName]).toEqual([undefined, 'Set text of Note "n7"']);
  });
});
