import { expect, it } from 'vitest';
import { inputError } from '../../../../src/contract/errors.ts';
import { dirtyNodes, faultsByNode } from '../../../../src/renderer/graph/queries/dirty.ts';
import { shippedGraph, TestEditor } from '../../../support/graph-bench.ts';

it('nodes are dirty from the change on downstream; looks make nothing dirty', () => {
  const then = shippedGraph('render');
  const dirty = (editor: TestEditor): string[] => [...dirtyNodes(editor.view, then)].sort();
  expect(dirty(new TestEditor(then))).toEqual([]);
  expect(dirty(new TestEditor(then).do({ type: 'move-nodes', nodes: ['backbone'], by: [1, 1] }).do({ type: 'rename-node', node: 'sample', title: 'x' }))).toEqual([]);
  expect(dirty(new TestEditor(then).set('sample', 'steps', 3))).toEqual(['decode', 'sample', 'save']);
  expect(dirty(new TestEditor(then).do({ type: 'remove-nodes', nodes: ['latent'] }))).toEqual(['decode', 'sample', 'save']);
  expect(dirty(new TestEditor(then).do({ type: 'set-mode', nodes: ['decode'], mode: 'mute' }))).toEqual(['decode', 'save']);
  expect(dirty(new TestEditor(then).add('Note', 'note'))).toEqual(['note']);
});

it('uses are dirty when their sub-graph has changed', () => {
  const editor = new TestEditor(shippedGraph('render')).do({ type: 'make-subgraph', nodes: ['sample', 'decode'] });
  const then = editor.state.document;
  editor.openScope('subgraph');
  editor.set('sample', 'steps', 3);
  editor.openScope(undefined);
  expect([...dirtyNodes(editor.view, then)].sort()).toEqual(['save', 'subgraph']);
});

it('faults are shown on the node, those inside a sub-graph on its use', () => {
  const fault = (nodeId?: string) => inputError('x', 'y', 'z', nodeId === undefined ? {} : { nodeId }).data;
  const faults = [fault('a'), fault('use/a'), fault('use/b'), fault('use/inner/c'), fault()];
  expect([...faultsByNode(faults)].map(([id, list]) => `${id} ${list.length}`)).toEqual(['a 1', 'use 3', ' 1']);
  expect([...faultsByNode(faults, 'use')].map(([id, list]) => `${id} ${list.length}`)).toEqual(['a 1', 'b 1', 'inner 1']);
});
