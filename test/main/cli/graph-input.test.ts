import { describe, expect, it } from 'vitest';
import { applySettings } from '../../../src/main/cli/graph-input.ts';
import { SHIPPED, shippedGraph, TestEditor } from '../../support/graph-bench.ts';

const set = (graph: Parameters<typeof applySettings>[0], ...settings: string[]): ReturnType<typeof applySettings> => applySettings(graph, settings, SHIPPED.schemas);
const refused = (code: string): Error => expect.objectContaining({ data: expect.objectContaining({ code }) as unknown }) as Error;

describe('applySettings', () => {
  it('sets params by node and name, and leaves the graph that it was given alone', () => {
    const graph = shippedGraph('render');
    expect(set(graph, 'sample.steps=3', 'prompts.prompts=a=b\nc').nodes).toMatchObject({ sample: { params: { steps: 3, guidanceScale: 5 } }, prompts: { params: { prompts: ['a=b', 'c'] } } });
    expect(graph).toEqual(shippedGraph('render'));
  });

  it.each([
    ['cli.set-form', 'sample.steps'], ['cli.set-node', 'constructor.steps=1'], ['cli.set-param', 'sample.toString=1'], ['cli.set-json', 'prompts.prompts=[1'],
  ])('refuses with %s what it cannot set: %s', (code, setting) => {
    expect(() => set(shippedGraph('render'), setting)).toThrow(refused(code));
  });

  it('sets what a sub-graph exposes, and nothing that is linked', () => {
    const editor = new TestEditor(shippedGraph('render')).do({ type: 'make-subgraph', nodes: ['sample', 'decode'] });
    editor.openScope('subgraph');
    editor.do({ type: 'expose-param', node: 'sample', param: 'steps', shown: true });
    editor.openScope(undefined);
    expect(set(editor.state.document, 'subgraph.steps=4').nodes['subgraph']?.params).toEqual({ steps: 4 });
    expect(() => set(editor.state.document, 'subgraph.guidanceScale=4')).toThrow(refused('cli.set-param'));
    editor.add('Number', 'number').link('number.value', 'subgraph.steps');
    expect(() => set(editor.state.document, 'subgraph.steps=4')).toThrow(refused('cli.set-linked'));
  });
});
