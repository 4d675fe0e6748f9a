import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GraphFile, GraphNode } from '../../../src/contract/graph-file.ts';
import type { RunEvent } from '../../../src/contract/run-events.ts';
import type { KeyParts } from '../../../src/main/runtime/content-key.ts';
import { runGraph, type RunMemory, type RunOptions } from '../../../src/main/runtime/execute.ts';
import type { NodeRunner } from '../../../src/main/runtime/node-runner.ts';
import type { NodeDefinition } from '../../../src/contract/node.ts';
import { runError } from '../../../src/contract/errors.ts';
import { failNode, hangNode, memoryCache, numberCodec, printNode, sumNode, toyHost, type ToyServices } from '../../support/toy-nodes.ts';

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

/** A node that writes and warns on its way, and gives a value. */
const tellNode: NodeDefinition<ToyServices> = {
  ...sumNode, type: 'Tell', title: 'Tell',
  run: (context, inputs, params) => {
    context.artifact({ kind: 'data', path: '/told', sha256: '0' });
    context.warn({ code: 'toy.warning', kind: 'input', where: context.where, rule: 'a toy' });
    return sumNode.run(context, inputs, params);
  },
};

const toldRun: NodeDefinition<ToyServices>['run'] = (context) => {
  context.services.ran.push(context.nodeId);
  return Promise.resolve({ total: 1 });
};

/** A runner that forgets every value: as the engine dies while a node runs (first time), or between two nodes. */
function losingRunner(host: NodeRunner, dieIn: string): NodeRunner & { loseAfter(nodeId: string): void } {
  let dying: string | undefined = dieIn;
  let losing: string | undefined;
  /** Keys that are gone until their nodes run again. */
  const known = new Set<string>();
  return {
    catalogue: () => host.catalogue(),
    deviceKey: () => host.deviceKey(),
    lookup: async (key, outputs) => {
      return known.has(key) ? host.lookup(key, outputs) : 'missing';
    },
    run: async (request, onEvent, signal) => {
      if (request.nodeId === dying) {
        dying = undefined;
        known.clear();
        throw runError('engine.died', request.where, 'the engine process must stay alive', { nodeId: request.nodeId });
      }
      await host.run(request, onEvent, signal);
      known.add(request.contentKey);
      if (request.nodeId === losing) {
        losing = undefined;
        known.clear();
      }
    },
    runMany: (requests, onEvent, signal) => host.runMany(requests, onEvent, signal),
    rowGroups: (requests) => host.rowGroups(requests),
    rowWidth: (request, budget) => host.rowWidth(request, budget),
    describe: (handle, type) => host.describe(handle, type),
    release: (keys) => host.release(keys),
    dispose: () => host.dispose(),
    loseAfter: (nodeId) => { losing = nodeId; },
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

  it('tells what reports say, of nodes that ran and of those that are in the cache; one that cannot be read fails nothing', async () => {
    const titled = { ...numberCodec, describe: (value: unknown) => ({ title: `it is ${String(value)}`, facts: { number: value as number } }) };
    const host = toyHost({ codec: titled });
    const told = async (runner: NodeRunner): Promise<unknown[]> => {
      const options = optionsFor(CHAIN, runner);
      expect((await runGraph(options)).status).toBe('done');
      return options.events.flatMap((event) => (event.type === 'node-done' ? [[event.nodeId, event.cached, event.findings]] : []));
    };
    expect(await told(host)).toEqual([['a', false, [{ title: 'it is 2', facts: { number: 2 } }]], ['b', false, [{ title: 'it is 5', facts: { number: 5 } }]], ['print', false, undefined]]);
    expect(await told(host)).toEqual([['b', 'memory', [{ title: 'it is 5', facts: { number: 5 } }]], ['print', false, undefined]]);
    const broken = toyHost({ codec: { ...numberCodec, describe: () => { throw new Error('not mine'); } } });
    expect(await told(broken)).toEqual([['a', false, undefined], ['b', false, undefined], ['print', false, undefined]]);
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

  it('makes values again that went down with the engine in the middle of a run, and tells what they write once', async () => {
    const host = toyHost({ nodes: [sumNode, failNode, printNode, tellNode] });
    const runner = losingRunner(host, 'last');
    const graph = graphOf({
      a: { type: 'Sum', params: { constant: 2 } },
      told: { type: 'Tell', inputs: { terms: [{ node: 'a', port: 'total' }] } },
      last: { type: 'Sum', params: { constant: 1 }, inputs: { terms: [{ node: 'told', port: 'total' }] } },
      print: { type: 'Print', inputs: { value: { node: 'last', port: 'total' } } },
    });
    const options = optionsFor(graph, runner, { targets: ['print'] });
    const summary = await runGraph(options);
    expect(summary).toMatchObject({ status: 'failed', errors: [{ code: 'engine.died', nodeId: 'last' }] });
    host.ran.length = 0;
    runner.loseAfter('last');
    const second = optionsFor(graph, runner, { targets: ['print'] });
    expect(await runGraph(second)).toMatchObject({ status: 'done', errors: [], outputs: [{ node: 'told' }, { node: 'print', path: '/printed/3' }] });
    expect(host.ran).toEqual(['a', 'told', 'last', 'a', 'told', 'last', 'print']);
    const lost = second.events.filter((event) => event.type === 'node-start' && event.reason.kind === 'lost');
    expect(lost.map((event) => event.type === 'node-start' && event.nodeId)).toEqual(['a', 'told', 'last']);
    // A node counts once, and what it warned of is told once.
    expect(second.events.filter(({ type }) => type === 'node-warning')).toHaveLength(1);
  });

  it('says why a node runs again', async () => {
    const host = toyHost();
    const memory = memoryOf();
    const reasonsOf = async (graph: GraphFile, runner: NodeRunner, more: Partial<RunOptions> = {}): Promise<Record<string, unknown>> => {
      const options = optionsFor(graph, runner, { memory, ...more });
      await runGraph(options);
      return Object.fromEntries(options.events.flatMap((event) => (event.type === 'node-start' ? [[event.nodeId, event.reason]] : [])));
    };
    const first = { kind: 'first-run' };
    expect(await reasonsOf(CHAIN, host)).toEqual({ a: first, b: first, print: { kind: 'side-effects' } });
    // Another process without a disk cache: nothing has changed, the values are gone.
    expect(await reasonsOf(CHAIN, toyHost())).toMatchObject({ a: { kind: 'evicted' }, b: { kind: 'evicted' } });
    const memoryOnly = { ...sumNode, outputs: { total: { type: 'Registry', doc: 'a value that no codec knows' } as const } };
    const graph = graphOf({ a: { type: 'Sum', params: { constant: 2 } } });
    expect(await reasonsOf(graph, toyHost({ nodes: [memoryOnly] }))).toMatchObject({ a: { kind: 'memory-only' } });
    const changed = structuredClone(CHAIN);
    (changed.nodes['a'] as GraphNode).params = { constant: 5 };
    expect(await reasonsOf(changed, host)).toMatchObject({ a: { kind: 'changed', changes: ['param "constant": 2 -> 5'] }, b: { kind: 'changed', changes: ['input "terms" has changed'] } });
  });

  it('a file that is read counts by its contents, wherever it lies', async () => {
    const readNode = { ...sumNode, params: { file: { kind: 'path', target: 'file', access: 'read', default: '', doc: 'a file' } as const }, inputs: {}, run: toldRun };
    const host = toyHost({ nodes: [readNode, printNode] });
    const memory = memoryOf();
    let contents = 'one';
    const files = { resolveRead: (value: string) => Promise.resolve(`/abs/${value}`), fingerprint: () => Promise.resolve(contents) };
    const graphFor = (file: string): GraphFile => graphOf({ a: { type: 'Sum', params: { file } }, print: { type: 'Print', inputs: { value: { node: 'a', port: 'total' } } } });
    await runGraph(optionsFor(graphFor('x'), host, { memory, files }));
    await runGraph(optionsFor(graphFor('y'), host, { memory, files }));
    expect(host.ran.filter((id) => id === 'a')).toHaveLength(1);
    contents = 'two';
    const options = optionsFor(graphFor('y'), host, { memory, files });
    await runGraph(options);
    expect(options.events.find((event) => event.type === 'node-start')).toMatchObject({ reason: { changes: ['contents of "file" have changed'] } });
  });

  it('a param on which no result depends runs nothing again', async () => {
    const quiet = { ...sumNode, params: { ...sumNode.params, look: { kind: 'text', default: '', outsideKey: true, doc: 'how it looks' } as const } };
    const host = toyHost({ nodes: [quiet, printNode] });
    const graphFor = (look: string): GraphFile => graphOf({ a: { type: 'Sum', params: { look } }, print: { type: 'Print', inputs: { value: { node: 'a', port: 'total' } } } });
    await runGraph(optionsFor(graphFor('plain'), host));
    await runGraph(optionsFor(graphFor('fancy'), host));
    expect(host.ran).toEqual(['a', 'print', 'print']);
  });

  it('makes values again that lie on disk in a form that it cannot read', async () => {
    const disk = memoryCache();
    await runGraph(optionsFor(CHAIN, toyHost({ disk, codec: { ...numberCodec, encode: () => new Uint8Array([1]) } })));
    const host = toyHost({ disk, codec: { ...numberCodec, decode: () => { throw new Error('not mine'); } } });
    expect(await runGraph(optionsFor(CHAIN, host))).toMatchObject({ status: 'done', outputs: [{ path: '/printed/5' }] });
    expect(host.ran).toEqual(['a', 'b', 'print']);
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
