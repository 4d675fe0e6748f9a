import { describe, expect, it } from 'vitest';
import { describeError } from '../../../src/contract/errors.ts';
import type { GraphFile } from '../../../src/contract/graph-file.ts';
import type { NodeDefinition } from '../../../src/contract/node.ts';
import { planGraph, type GraphPlan } from '../../../src/main/runtime/plan-graph.ts';
import { parseGraph } from '../../../src/main/runtime/read-graph.ts';
import { validateGraph } from '../../../src/main/runtime/validate.ts';
import { imageNode, printNode, sumNode, toyHost, type ToyServices } from '../../support/toy-nodes.ts';

const valueNode: NodeDefinition<ToyServices> = {
  ...sumNode, type: 'Number', title: 'Number', inputs: {}, outputs: { value: { type: 'Number', doc: 'the number' } }, constants: { value: 'value' },
  params: { value: { kind: 'number', min: -1e6, max: 1e6, default: 3, doc: 'a number' } },
};
const addNode: NodeDefinition<ToyServices> = { ...sumNode, type: 'Add', title: 'Add', inputs: { total: { type: 'Report', doc: 'a number' } }, passThrough: { total: 'total' } };
const catalogue = await toyHost({ nodes: [sumNode, printNode, imageNode, valueNode, addNode] }).catalogue();

function read(nodes: unknown, subgraphs?: unknown): GraphFile {
  return parseGraph(JSON.stringify({ format: 'engram-graph', version: 1, nodes, ...(subgraphs === undefined ? {} : { subgraphs }) }), 'toy.graph.json');
}

function plan(graph: GraphFile, targets?: string[]): Promise<GraphPlan> {
  return planGraph({
    graph, where: 'toy.graph.json', catalogue, deviceKey: () => Promise.resolve(null), ...(targets === undefined ? {} : { targets }),
    files: { resolveRead: () => Promise.reject(new Error('no files')), fingerprint: () => Promise.reject(new Error('no files')) },
  });
}

const faultsOf = (graph: GraphFile): string[] => validateGraph(graph, catalogue).faults.map((fault) => `${fault.code} ${fault.nodeId ?? ''} ${describeError(fault)}`);
const sum = (constant: number, ...terms: string[]): unknown => ({ type: 'Sum', version: 1, params: { constant }, inputs: { terms: terms.map((node) => ({ node, port: 'total' })) } });
const print = (node: string): unknown => ({ type: 'Print', version: 1, inputs: { value: { node, port: 'total' } } });
const value = (number: number): unknown => ({ type: 'Number', version: 1, params: { value: number } });
const linked = (node: unknown, from: string): unknown => ({ ...(node as object), inputs: { ...(node as { inputs: object }).inputs, constant: { node: from, port: 'value' } } });

describe('a linked param', () => {
  it('counts as if its value had been typed', async () => {
    const typed = await plan(read({ a: sum(7), out: print('a') }));
    const graph = read({ n: value(7), a: linked(sum(1), 'n'), out: print('a') });
    expect((await plan(graph)).key).toBe(typed.key);
    expect([...(await plan(graph)).nodes.keys()]).toEqual(['a', 'out']);
    expect((await plan(read({ n: value(8), a: linked(sum(1), 'n'), out: print('a') }))).key).not.toBe(typed.key);
  });

  it('follows links between value nodes, and takes their default', async () => {
    const chain = read({ n: { type: 'Number', version: 1 }, m: { ...value(9) as object, inputs: { value: { node: 'n', port: 'value' } } }, a: linked(sum(1), 'm'), out: print('a') });
    expect((await plan(chain)).nodes.get('a')?.params).toEqual({ constant: 3 });
  });

  it('is checked like a typed one, where it is used', () => {
    expect(faultsOf(read({ n: value(2.5), a: linked(sum(1), 'n'), out: print('a') }))).toEqual(['graph.param-value a Sum "a": constant must be a whole number in -1000..1000, got 2.5']);
  });

  it('can come from value nodes alone, of its type, and not in a circle', () => {
    const from = (end: { node: string; port: string }, more: object = {}): string[] => faultsOf(read({ pic: { type: 'Picture', version: 1 }, s: sum(0), ...more, a: { ...sum(1) as object, inputs: { constant: end } } })).map((fault) => fault.split(' ')[0] ?? '');
    expect(from({ node: 's', port: 'total' })).toEqual(['graph.param-link']);
    expect(from({ node: 'constructor', port: 'value' })).toEqual(['graph.param-link']);
    expect(from({ node: 'n', port: 'constructor' }, { n: value(1) })).toEqual(['graph.param-link']);
    const ring = { n: { ...value(1) as object, inputs: { value: { node: 'n', port: 'value' } } } };
    expect(from({ node: 'n', port: 'value' }, ring)).toContain('graph.cycle');
  });
});

describe('modes', () => {
  it('a bypassed node leaves the same content keys as no node', async () => {
    const add = { type: 'Add', version: 1, mode: 'bypass', inputs: { total: { node: 'a', port: 'total' } } };
    expect((await plan(read({ a: sum(7), add, out: print('add') }))).key).toBe((await plan(read({ a: sum(7), out: print('a') }))).key);
  });

  it('a muted node takes out what needs it and no more', async () => {
    const graph = read({ a: sum(7), b: { ...sum(1, 'a') as object, mode: 'mute' }, c: sum(2, 'a', 'b'), out: print('b'), other: print('c') });
    const { nodes, targets } = await plan(graph);
    // Sum takes any number of terms, also none: c goes on without b.
    expect([[...nodes.keys()], targets]).toEqual([['a', 'c', 'other'], ['other']]);
    await expect(plan(graph, ['out'])).rejects.toMatchObject({ data: { code: 'graph.target-off', got: 'b, which is muted' } });
    await expect(plan(graph, ['b'])).rejects.toMatchObject({ data: { code: 'graph.target-mode' } });
  });

  it('faults of muted nodes stop nobody', () => {
    expect(faultsOf(read({ a: { ...sum(1e9) as object, mode: 'mute' }, p: { ...print('gone') as object, mode: 'mute' } }))).toEqual([]);
  });
});

describe('sub-graphs', () => {
  const subgraphs = {
    pair: {
      inputs: { terms: { type: 'Report', many: true } }, outputs: { total: { type: 'Report' } }, params: { plus: { node: 'second', param: 'constant' } },
      nodes: {
        in: { type: 'subgraph-inputs', version: 1 }, first: sum(1, 'x'), second: sum(2, 'first'), out: { type: 'subgraph-outputs', version: 1, inputs: { total: { node: 'second', port: 'total' } } },
      },
    },
  };
  (subgraphs.pair.nodes.first as { inputs: unknown }).inputs = { terms: [{ node: 'in', port: 'terms' }] };
  const graph = read({ a: sum(7), n: value(5), use: { type: 'subgraph:pair', version: 1, inputs: { terms: [{ node: 'a', port: 'total' }], plus: { node: 'n', port: 'value' } } }, out: print('use') }, subgraphs);

  it('run as the same nodes without them, linked params included', async () => {
    const inline = await plan(read({ a: sum(7), first: sum(1, 'a'), second: sum(5, 'first'), out: print('second') }));
    expect((await plan(graph)).key).toBe(inline.key);
    expect((await plan(graph, ['use'])).targets).toEqual(['use/first', 'use/second']);
    expect((await plan(graph, ['use/first'])).targets).toEqual(['use/first']);
    await expect(plan(graph, ['use/third'])).rejects.toMatchObject({ data: { code: 'graph.missing-node' } });
  });

  it('faults inside name the use and the inner node', () => {
    const broken = { ...graph, nodes: { ...graph.nodes, n: value(1e5) as GraphFile['nodes'][string] } };
    expect(faultsOf(read(JSON.parse(JSON.stringify(broken.nodes)), subgraphs))).toEqual(['graph.param-value use/second Sum "use/second": constant must be a whole number in -1000..1000, got 100000']);
  });
});
