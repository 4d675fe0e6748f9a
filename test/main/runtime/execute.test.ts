import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GraphFile, GraphNode } from '../../../src/contract/graph-file.ts';
import type { RunEvent } from '../../../src/contract/run-events.ts';
import type { KeyParts } from '../../../src/main/runtime/content-key.ts';
import { runGraph, type RunMemory, type RunOptions } from '../../../src/main/runtime/execute.ts';
import type { NodeRunner } from '../../../src/main/runtime/node-runner.ts';
import { hangNode, memoryCache, printNode, sumNode, toyHost } from '../../support/toy-nodes.ts';

function graphOf(nodes: Record<string, Partial<GraphNode> & { type: string }>): GraphFile {
  const full = Object.entries(nodes).map(([id, node]) => [id, { version: 1, params: {}, inputs: {}, ...node }] as const);
  return { format: 'engram-graph', version: 1, nodes: Object.fromEntries(full) };
}

function memoryOf(): RunMemory {
  const known = new Map<string, KeyParts>();
  return {
    recall: (id) => Promise.resolve(known.get(id)),
    remember: (id, parts) => { known.set(id, parts); return Promise.resolve(); },
  };
}

function optionsFor(graph: GraphFile, runner: NodeRunner, more: Partial<RunOptions> = {}): RunOptions & { readonly events: RunEvent[] } {
  const events: RunEvent[] = [];
  return {
    graph, runner, where: 'toy.graph.json', outputFolder: '/out', signal: new AbortController().signal, memory: memoryOf(),
    files: { resolveRead: (value) => Promise.resolve(`/abs/${value}`), fingerprint: (path) => Promise.resolve(`hash of ${path}`) },
    onEvent: (event) => events.push(event), events, ...more,
  };
}

const CHAIN = graphOf({
  a: { type: 'Sum', params: { constant: 2 } },
  b: { type: 'Sum', params: { constant: 3 }, inputs: { terms: [{ node: 'a', port: 'total' }] } },
  unneeded: { type: 'Fail' },
  print: { type: 'Print', inputs: { value: { node: 'b', port: 'total' } } },
});

describe('runGraph', () => {
  it('runs what the output needs, in order, and nothing else', async () => {
    const host = toyHost();
    const summary = await runGraph(optionsFor(CHAIN, host));
    expect(summary.status).toBe('done');
    expect(host.ran).toEqual(['a', 'b', 'print']);
    expect(summary.outputs).toEqual([{ kind: 'data', path: '/printed/5', sha256: '0', node: 'print' }]);
  });

  it('takes unchanged nodes from memory, asks nothing upstream of them, and says what changed', async () => {
    const host = toyHost();
    const memory = memoryOf();
    await runGraph(optionsFor(CHAIN, host, { memory }));
    host.ran.length = 0;
    const again = await runGraph(optionsFor(CHAIN, host, { memory }));
    expect(host.ran).toEqual(['print']);
    expect(again.nodes.map(({ id, cached }) => [id, cached])).toEqual([['b', 'memory'], ['print', false]]);
    const changed = structuredClone(CHAIN);
    (changed.nodes['b'] as GraphNode).params = { constant: 4 };
    const options = optionsFor(changed, host, { memory });
    await runGraph(options);
    const start = options.events.find((event) => event.type === 'node-start' && event.nodeId === 'b');
    expect(start).toMatchObject({ reason: { kind: 'changed', changes: ['param "constant": 3 -> 4'] } });
  });

  it('finds values of an earlier process on disk', async () => {
    const disk = memoryCache();
    await runGraph(optionsFor(CHAIN, toyHost({ disk })));
    const host = toyHost({ disk });
    const summary = await runGraph(optionsFor(CHAIN, host));
    expect(host.ran).toEqual(['print']);
    expect(summary.nodes[0]).toMatchObject({ id: 'b', cached: 'disk' });
    expect(summary.outputs[0]?.path).toBe('/printed/5');
  });

  it('keeps values of the running graph although memory is full', async () => {
    const summary = await runGraph(optionsFor(CHAIN, toyHost({ memoryLimit: 0 })));
    expect(summary.status).toBe('done');
  });

  it('makes the device part of the key only where it matters', async () => {
    let device = 'cpu';
    const nodes = [{ ...sumNode, usesDevice: true }, printNode];
    const host = toyHost({ device: () => device, nodes });
    const graph = graphOf({ a: { type: 'Sum' }, print: { type: 'Print', inputs: { value: { node: 'a', port: 'total' } } } });
    await runGraph(optionsFor(graph, host));
    device = 'webgpu';
    await runGraph(optionsFor(graph, host));
    expect(host.ran.filter((id) => id === 'a')).toHaveLength(2);
  });

  it('reports a failing node with its inputs, skips what needs it, and runs the rest', async () => {
    const graph = graphOf({
      bad: { type: 'Fail', params: { constant: 7 } },
      after: { type: 'Print', inputs: { value: { node: 'bad', port: 'total' } } },
      good: { type: 'Sum' },
      print: { type: 'Print', inputs: { value: { node: 'good', port: 'total' } } },
    });
    const options = optionsFor(graph, toyHost());
    const summary = await runGraph(options);
    expect(summary.status).toBe('failed');
    expect(summary.errors).toMatchObject([{ nodeId: 'bad', kind: 'run', rule: 'it broke', where: 'Fail "bad"' }]);
    expect(options.events.find((event) => event.type === 'node-error')).toMatchObject({ inputs: { terms: '', constant: '7' } });
    expect(options.events.find((event) => event.type === 'node-skipped')).toMatchObject({ nodeId: 'after' });
    expect(summary.outputs).toHaveLength(1);
  });

  it('stops a running node when it is cancelled', async () => {
    const controller = new AbortController();
    const graph = graphOf({ hang: { type: 'Hang' }, print: { type: 'Print', inputs: { value: { node: 'hang', port: 'total' } } } });
    const host = toyHost({ nodes: [hangNode, printNode] });
    const running = runGraph(optionsFor(graph, host, { signal: controller.signal }));
    setTimeout(() => { controller.abort(); }, 20);
    const summary = await running;
    expect(summary.status).toBe('cancelled');
    expect(summary.errors[0]?.kind).toBe('cancelled');
    expect(host.ran).toEqual([]);
  });

  it('refuses a graph with faults before anything runs', async () => {
    const host = toyHost();
    const graph = graphOf({ a: { type: 'Sum', params: { constant: 5000 } }, b: { type: 'Nowhere' } });
    await expect(runGraph(optionsFor(graph, host))).rejects.toMatchObject({ faults: [{ code: 'graph.param-value' }, { code: 'graph.unknown-type' }] });
    await expect(runGraph(optionsFor(CHAIN, host, { targets: ['c'] }))).rejects.toMatchObject({ faults: [{ code: 'graph.missing-node' }] });
    expect(host.ran).toEqual([]);
  });

  it('computes any acyclic graph as plain arithmetic does', async () => {
    // Node i may use any earlier node, any number of times.
    const nodes = fc.array(fc.record({ constant: fc.integer({ min: -9, max: 9 }), from: fc.array(fc.nat(), { maxLength: 3 }) }), { minLength: 1, maxLength: 12 });
    await fc.assert(fc.asyncProperty(nodes, fc.boolean(), async (specs, warm) => {
      const expected: number[] = [];
      const structures: string[] = [];
      const graph: Record<string, Partial<GraphNode> & { type: string }> = {};
      specs.forEach(({ constant, from }, index) => {
        const sources = index === 0 ? [] : from.map((number) => number % index);
        expected.push(sources.reduce((sum, source) => sum + (expected[source] as number), constant));
        structures.push(`(${constant} ${sources.map((source) => structures[source]).join(' ')})`);
        graph[`n${index}`] = { type: 'Sum', params: { constant }, inputs: { terms: sources.map((source) => ({ node: `n${source}`, port: 'total' })) } };
      });
      // Written in reverse, so that the file's order never is the run order by luck.
      const file = graphOf({ print: { type: 'Print', inputs: { value: { node: `n${specs.length - 1}`, port: 'total' } } }, ...Object.fromEntries(Object.entries(graph).reverse()) });
      const host = toyHost();
      if (warm) await runGraph(optionsFor(file, host));
      const summary = await runGraph(optionsFor(file, host));
      expect(summary.outputs[0]?.path).toBe(`/printed/${expected.at(-1) as number}`);
      // Equal nodes share one content key, so each structure that the last node needs runs once, warm or not.
      const needed = new Set<number>();
      const visit = (index: number): void => { needed.add(index); (index === 0 ? [] : (specs[index]?.from ?? [])).forEach((number) => { visit(number % index); }); };
      visit(specs.length - 1);
      const sums = host.ran.filter((id) => id !== 'print');
      expect(sums).toHaveLength(new Set([...needed].map((index) => structures[index])).size);
    }), { numRuns: 60 });
  });
});
