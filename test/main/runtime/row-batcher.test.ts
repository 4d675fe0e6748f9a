import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/contract/errors.ts';
import type { GraphFile, GraphNode } from '../../../src/contract/graph-file.ts';
import type { NodeDefinition, RowInvocation } from '../../../src/contract/node.ts';
import type { RunEvent, RunSummary } from '../../../src/contract/run-events.ts';
import { runGraph } from '../../../src/main/runtime/execute.ts';
import type { NodeRunner } from '../../../src/main/runtime/node-runner.ts';
import { RowBatcher } from '../../../src/main/runtime/row-batcher.ts';
import { MortalRunner } from '../../support/mortal-runner.ts';
import { wrapRunner } from '../../support/wrap-runner.ts';
import { failNode, printNode, sumNode, toyHost, type ToyServices } from '../../support/toy-nodes.ts';

/** Constants at which the toy nodes below misbehave. */
const SPOILS_ALL = 13;
const SPOILS_ITSELF = 17;
const DEADLY = 19;

async function pause(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

function sumOf({ inputs, params }: RowInvocation<ToyServices>): number {
  const constant = params['constant'] as number;
  if (constant === SPOILS_ALL || constant === SPOILS_ITSELF) throw new Error(`spoilt by ${constant}`);
  return (inputs['terms'] as number[]).reduce((sum, term) => sum * 7 + term, constant * 10 + (params['width'] as number));
}

/** Adds as `Sum` does, several rows at a time. `groups` gets the size of every run. */
function sharedNode(groups: number[]): NodeDefinition<ToyServices> {
  const one = async (row: RowInvocation<ToyServices>): Promise<Record<string, unknown>> => {
    await pause(Math.abs(row.params['constant'] as number) % 3);
    row.context.progress({ done: 1, total: 1, message: String(row.params['constant']) });
    if (row.params['constant'] === 5) row.context.warn({ code: 'toy.five', kind: 'input', where: row.context.where, rule: 'five' });
    row.context.services.ran.push(row.context.nodeId);
    return { total: sumOf(row) };
  };
  return {
    ...sumNode, type: 'Shared', title: 'Shared', rows: { width: 'width', widest: 8, sizedBy: ['terms'] },
    params: { ...sumNode.params, kind: { kind: 'integer', min: 0, max: 3, default: 0, doc: 'rows of a kind fit together' }, width: { kind: 'integer', min: 1, max: 8, default: 4, doc: 'items per run' } },
    run: (context, inputs, params) => { groups.push(1); return one({ context, inputs, params }); },
    rowFunctions: {
      group: (_inputs, params) => String(params['kind']),
      items: () => 1,
      run: (rows) => {
        groups.push(rows.length);
        if (rows.some(({ params }) => params['constant'] === SPOILS_ALL)) throw new Error('all are spoilt');
        return Promise.all(rows.map(async (row) => one(row).catch((error: unknown) => error as Error)));
      },
      memory: (_row, width) => Promise.resolve(width * 100),
    },
  };
}

/** `Sum` that takes its time and says so. */
const slowNode: NodeDefinition<ToyServices> = {
  ...sumNode, type: 'Slow', title: 'Slow',
  run: async (context, inputs, params) => {
    await pause(Math.abs(params['constant'] as number) % 4);
    if (params['constant'] === 5) context.warn({ code: 'toy.five', kind: 'input', where: context.where, rule: 'five' });
    context.progress({ done: 1, total: 1 });
    context.services.ran.push(context.nodeId);
    if (context.signal.aborted) throw new Error('stopped');
    return { total: sumOf({ context, inputs, params: { ...params, width: 1 } }) };
  },
};

function hostOf(groups: number[] = []): ReturnType<typeof toyHost> {
  return toyHost({ nodes: [sumNode, slowNode, sharedNode(groups), failNode, printNode] });
}

interface Told { readonly summary: RunSummary; readonly events: readonly RunEvent[] }

function runRow(graph: GraphFile, runner: NodeRunner, signal = new AbortController().signal, watch: (event: RunEvent) => void = () => undefined): Promise<Told> {
  const events: RunEvent[] = [];
  const files = { resolveRead: (value: string) => Promise.resolve(value), fingerprint: (path: string) => Promise.resolve(path) };
  const memory = { recall: () => Promise.resolve(undefined), remember: () => Promise.resolve() };
  const onEvent = (event: RunEvent): void => { events.push(event); watch(event); };
  return runGraph({ graph, where: 'row', runner, files, memory, outputFolder: '/out', signal, onEvent }).then((summary) => ({ summary, events }));
}

/** All rows, `open` of them at a time. */
async function runTogether(graphs: readonly GraphFile[], runner: NodeRunner, open: number, row: (graph: GraphFile, view: NodeRunner, index: number) => Promise<Told> = plainRow): Promise<Told[]> {
  const batcher = new RowBatcher(runner);
  const told: Told[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < graphs.length; index = next++) {
      const view = batcher.openRow();
      try {
        told[index] = await row(graphs[index] as GraphFile, view, index);
      } finally {
        await view.dispose();
      }
    }
  };
  await Promise.all(Array.from({ length: open }, work));
  return told;
}

function plainRow(graph: GraphFile, view: NodeRunner): Promise<Told> {
  return runRow(graph, view);
}

/** What a run has told of each node, without times, and without whether a value was found or made. */
function byNode(events: readonly RunEvent[]): Record<string, unknown[]> {
  const nodes: Record<string, unknown[]> = {};
  for (const event of events) {
    if (!('nodeId' in event)) continue;
    const { ms: _ms, cached: _cached, index: _index, total: _total, ...rest } = event as RunEvent & { ms?: number; cached?: unknown; index?: number; total?: number };
    (nodes[event.nodeId] ??= []).push(rest);
  }
  return nodes;
}

/** Events that a node has when another row has made its value. */
const SHARED_EVENTS = new Set(['node-start', 'node-done']);

function expectSame(got: Told, alone: Told): void {
  expect(got.summary.status).toBe(alone.summary.status);
  expect(got.summary.outputs).toEqual(alone.summary.outputs);
  expect(got.summary.errors).toEqual(alone.summary.errors);
  const [told, expected] = [byNode(got.events), byNode(alone.events)];
  for (const [id, events] of Object.entries(told)) {
    // A value that another row has made brings none of its making's events; all else is told as ever.
    const shared = events.every((event) => SHARED_EVENTS.has((event as RunEvent).type));
    if (shared) expect(expected[id]?.every((event) => !['node-error', 'artifact', 'node-skipped'].includes((event as RunEvent).type))).toBe(true);
    else expect(events).toEqual(expected[id]);
  }
}

interface Spec { readonly type: string; readonly kind: number; readonly from: readonly number[] }

/** Graphs over one random set of nodes, with random constants per row, which often agree. */
function rowsArbitrary(constants: readonly number[]): fc.Arbitrary<{ readonly graphs: readonly GraphFile[]; readonly open: number }> {
  const spec = fc.record({ type: fc.constantFrom('Sum', 'Slow', 'Shared', 'Shared'), kind: fc.nat(1), from: fc.array(fc.nat(), { maxLength: 3 }) });
  return fc.record({ specs: fc.array(spec, { minLength: 1, maxLength: 6 }), rows: fc.array(fc.array(fc.constantFrom(...constants), { minLength: 6, maxLength: 6 }), { minLength: 1, maxLength: 7 }), open: fc.integer({ min: 1, max: 7 }) })
    .map(({ specs, rows, open }) => ({ open, graphs: rows.map((row) => graphFor(specs, row)) }));
}

function graphFor(specs: readonly Spec[], constants: readonly number[]): GraphFile {
  const nodes: Record<string, GraphNode> = {};
  for (const [index, { type, kind, from }] of specs.entries()) {
    const links = index === 0 ? [] : from.map((source) => ({ node: `n${source % index}`, port: 'total' }));
    const constant = constants[index] as number;
    nodes[`n${index}`] = { type, version: 1, params: { constant, ...(type === 'Shared' ? { kind } : {}) }, inputs: { terms: links } };
  }
  const last = specs.length - 1;
  for (const source of new Set([last, Math.floor(last / 2)])) nodes[`print${source}`] = { type: 'Print', version: 1, params: {}, inputs: { value: { node: `n${source}`, port: 'total' } } };
  return { format: 'engram-graph', version: 1, nodes };
}

/** One shared node and its print, per constant. */
function simpleRows(constants: readonly number[], params: Record<string, number> = {}): GraphFile[] {
  return constants.map((constant) => {
    const graph = graphFor([{ type: 'Shared', kind: 0, from: [] }], [constant]);
    return { ...graph, nodes: { ...graph.nodes, n0: { ...(graph.nodes['n0'] as GraphNode), params: { constant, ...params } } } };
  });
}

function printed({ summary }: Told): string[] {
  return summary.outputs.map(({ path }) => path);
}

describe('rows that run together', () => {
  it('give what they give alone: values and events of random graphs, with rows that fail', async () => {
    await fc.assert(fc.asyncProperty(rowsArbitrary([0, 1, 2, 3, 5, SPOILS_ALL, SPOILS_ITSELF]), async ({ graphs, open }) => {
      const together = await runTogether(graphs, hostOf(), open, plainRow);
      for (const [index, graph] of graphs.entries()) expectSame(together[index] as Told, await runRow(graph, hostOf()));
    }), { numRuns: 150 });
  });

  it('share one run when they fit, and one value when they are equal', async () => {
    const groups: number[] = [];
    const host = hostOf(groups);
    const told = await runTogether(simpleRows([1, 2, 3, 1]), host, 4, plainRow);
    expect(groups).toEqual([3]);
    expect(host.ran.filter((id) => id === 'n0')).toHaveLength(3);
    expect(told.map(printed)).toEqual([['/printed/14'], ['/printed/24'], ['/printed/34'], ['/printed/14']]);
  });

  it('run apart when they do not fit', async () => {
    const groups: number[] = [];
    await runTogether([...simpleRows([1, 2], { kind: 1 }), ...simpleRows([3, 4, 6], { kind: 2 })], hostOf(groups), 5, plainRow);
    expect(groups).toEqual([3, 2]);
  });

  it('wait for those that are open, not for those to come', async () => {
    const groups: number[] = [];
    await runTogether(simpleRows([1, 2, 3, 4, 6]), hostOf(groups), 2, plainRow);
    expect(groups.reduce((sum, size) => sum + size)).toBe(5);
    expect(Math.max(...groups)).toBe(2);
  });

  it('go on when a row that they waited for has ended elsewhere', async () => {
    const batcher = new RowBatcher(hostOf());
    const [waiting, idle] = [batcher.openRow(), batcher.openRow()];
    const run = runRow(simpleRows([1])[0] as GraphFile, waiting);
    await pause(20);
    await idle.dispose();
    expect((await run).summary.status).toBe('done');
    await waiting.dispose();
  });
});

describe('nodes on the device', () => {
  /** Counts how many run at a time. */
  function counting(type: string, more: Partial<NodeDefinition<ToyServices>>): { readonly node: NodeDefinition<ToyServices>; most: number } {
    const counter = { most: 0, node: sumNode };
    let now = 0;
    counter.node = { ...sumNode, type, title: type, ...more, run: async (_context, _inputs, params) => {
      counter.most = Math.max(counter.most, ++now);
      await pause(3);
      now -= 1;
      return { total: params['constant'] };
    } };
    return counter;
  }

  it('run one at a time, while others overlap', async () => {
    const [device, free] = [counting('Device', { usesDevice: true }), counting('Free', {})];
    const graphs = [1, 2, 3, 4].map((constant): GraphFile => ({ format: 'engram-graph', version: 1, nodes: {
      device: { type: 'Device', version: 1, params: { constant }, inputs: {} }, free: { type: 'Free', version: 1, params: { constant }, inputs: {} },
      print: { type: 'Print', version: 1, params: {}, inputs: { value: { node: 'device', port: 'total' } } }, printFree: { type: 'Print', version: 1, params: {}, inputs: { value: { node: 'free', port: 'total' } } },
    } }));
    const told = await runTogether(graphs, toyHost({ nodes: [device.node, free.node, printNode] }), 4);
    expect(told.map(({ summary }) => summary.status)).toEqual(['done', 'done', 'done', 'done']);
    expect([device.most, free.most > 1]).toEqual([1, true]);
  });
});

describe('a row that fails', () => {
  it.each([['as a whole', SPOILS_ALL], ['by itself', SPOILS_ITSELF]])('%s takes none along, and says so in its own words', async (_how, constant) => {
    const told = await runTogether(simpleRows([1, constant, 3]), hostOf(), 3, plainRow);
    expect(told.map(({ summary }) => summary.status)).toEqual(['done', 'failed', 'done']);
    expect(told[1]?.summary.errors).toEqual([{ code: 'run.unexpected', kind: 'run', nodeId: 'n0', where: 'Shared "n0"', rule: `spoilt by ${constant}` }]);
  });
});

describe('cancelling a row', () => {
  it('ends it at once and leaves the others alone, wherever they are', async () => {
    await fc.assert(fc.asyncProperty(rowsArbitrary([0, 1, 2, 3]), fc.nat(6), fc.nat(12), async ({ graphs, open }, which, after) => {
      const victim = which % graphs.length;
      const controller = new AbortController();
      let events = 0;
      const together = await runTogether(graphs, hostOf(), open, (graph, view, index) => (index === victim ? runRow(graph, view, controller.signal, () => { if (events++ === after) controller.abort(); }) : runRow(graph, view)));
      for (const [index, graph] of graphs.entries()) {
        if (index !== victim) expectSame(together[index] as Told, await runRow(graph, hostOf()));
        else if (together[index]?.summary.status !== 'cancelled') expectSame(together[index] as Told, await runRow(graph, hostOf()));
      }
    }), { numRuns: 100 });
  });

  it('takes a row that waits out of the queue', async () => {
    const groups: number[] = [];
    const batcher = new RowBatcher(hostOf(groups));
    const [first, second, idle] = [batcher.openRow(), batcher.openRow(), batcher.openRow()];
    const controller = new AbortController();
    const [graph, other] = simpleRows([1, 2]) as [GraphFile, GraphFile];
    const cancelled = runRow(graph, first, controller.signal);
    const goesOn = runRow(other, second);
    await pause(20);
    controller.abort();
    expect((await cancelled).summary.status).toBe('cancelled');
    await Promise.all([first.dispose(), idle.dispose()]);
    expect((await goesOn).summary.status).toBe('done');
    expect(groups).toEqual([1]);
  });

  it('stops what nobody else wants, and begins it anew for who comes later', async () => {
    const host = hostOf();
    const batcher = new RowBatcher(host);
    const graph = graphFor([{ type: 'Slow', kind: 0, from: [] }], [3]);
    const controller = new AbortController();
    const [first, second] = [batcher.openRow(), batcher.openRow()];
    const cancelled = runRow(graph, first, controller.signal, (event) => { if (event.type === 'node-start') setImmediate(() => { controller.abort(); }); });
    expect((await cancelled).summary.status).toBe('cancelled');
    expect(printed(await runRow(graph, second))).toEqual(['/printed/31']);
  });
});

describe('the death of the engine', () => {
  it('costs the row that it died of, and no other', async () => {
    await fc.assert(fc.asyncProperty(rowsArbitrary([0, 1, 2, 3, DEADLY]), async ({ graphs, open }) => {
      const kills = (request: { params: Readonly<Record<string, unknown>> }): boolean => request.params['constant'] === DEADLY;
      const runner = new MortalRunner(() => hostOf(), kills);
      const together = await runTogether(graphs, runner, open, plainRow);
      for (const [index, graph] of graphs.entries()) {
        const { summary } = together[index] as Told;
        const alone = await runRow(graph, new MortalRunner(() => hostOf(), kills));
        expect(summary.status).toBe(alone.summary.status);
        expect(summary.outputs).toEqual(alone.summary.outputs);
        expect(summary.errors.map(({ code, nodeId }) => [code, nodeId])).toEqual(alone.summary.errors.map(({ code, nodeId }) => [code, nodeId]));
      }
    }), { numRuns: 60 });
  });

  it('is told at once to a row that was alone', async () => {
    const runner = new MortalRunner(() => hostOf(), ({ params }) => params['constant'] === DEADLY);
    const [told] = await runTogether(simpleRows([DEADLY]), runner, 1, plainRow);
    expect(told?.summary.errors.map(({ code }) => code)).toEqual(['engine.died']);
    expect(runner.deaths).toBe(1);
  });

  it('does not keep rows from running when it had another cause', async () => {
    const groups: number[] = [];
    let deaths = 1;
    const runner = new MortalRunner(() => hostOf(groups), () => deaths-- > 0);
    const told = await runTogether(simpleRows([1, 2, 3]), runner, 3, plainRow);
    expect(told.map(printed)).toEqual([['/printed/14'], ['/printed/24'], ['/printed/34']]);
    expect(runner.deaths).toBe(1);
  });
});

describe('what rows hold', () => {
  it('is let go when the last of them has ended', async () => {
    const released: string[] = [];
    const host = hostOf();
    const batcher = new RowBatcher(wrapRunner(host, { release: (keys) => { released.push(...keys); return host.release(keys); } }));
    const [graph] = simpleRows([1]) as [GraphFile];
    const [first, second] = [batcher.openRow(), batcher.openRow()];
    const schema = { total: 'Report' } as const;
    let key = '';
    await runRow(graph, wrapRunner(host, { run: async (...args) => { if (args[0].nodeId === 'n0') key = args[0].contentKey; return host.run(...args); } }));
    expect(await first.lookup(key, schema)).toBe('memory');
    expect(await second.lookup(key, schema)).toBe('memory');
    await first.release([key]);
    expect(released).toEqual([]);
    await second.dispose();
    expect(released).toEqual([key]);
  });
});

describe('errors of the runner itself', () => {
  it('reach every row', async () => {
    const host = hostOf();
    const broken = wrapRunner(host, { runMany: () => Promise.reject(new AppError({ code: 'engine.result', kind: 'internal', where: 'Engine', rule: 'must fit' })) });
    const told = await runTogether(simpleRows([1, 2]), broken, 2, plainRow);
    expect(told.map(({ summary }) => summary.errors[0]?.code)).toEqual(['engine.result', 'engine.result']);
  });
});
