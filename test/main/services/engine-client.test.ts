import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { EngineClient, type EngineClientOptions } from '../../../src/main/services/engine-client.ts';
import { forkEngine } from '../../../src/main/services/fork-engine.ts';
import type { EngineProcess } from '../../../src/main/services/message-port.ts';
import type { NodeEvent, NodeRunRequest } from '../../../src/main/runtime/node-runner.ts';
import { bundleProgram } from '../../support/bundle-program.ts';
import { faultOf } from '../../support/fault.ts';

let program = '';
const clients: EngineClient[] = [];
const processes: EngineProcess[] = [];

beforeAll(async () => {
  program = await bundleProgram('test/main/services/toy-engine.ts');
});

afterEach(async () => {
  for (const client of clients.splice(0)) await client.dispose();
  delete process.env['TOY_FAIL_START'];
  processes.length = 0;
});

function startEngine(options: Partial<EngineClientOptions> = {}): EngineClient {
  const spawn = (): EngineProcess => {
    const child = forkEngine(program);
    processes.push(child);
    return child;
  };
  const client = new EngineClient({ spawn, start: { device: 'cpu', valueMemory: 1e6, cacheFolder: '/none', cacheLimit: 0 }, backoff: 20, ...options });
  clients.push(client);
  return client;
}

/** A content key made of one digit. */
function keyOf(digit: string): string {
  return digit.repeat(64);
}

function request(type: string, more: Partial<NodeRunRequest> = {}): NodeRunRequest {
  return { nodeId: 'node-1', where: `${type} "toy"`, type, version: 1, params: { constant: 2 }, inputs: {}, contentKey: keyOf('a'), graph: '{}', outputFolder: '/out', provenance: { program: '0.0.0', device: null, contentKey: keyOf('a'), nodes: {}, files: [] }, ...more };
}

async function run(client: EngineClient, asked: NodeRunRequest, signal = new AbortController().signal): Promise<NodeEvent[]> {
  const events: NodeEvent[] = [];
  await client.run(asked, (event) => events.push(event), signal);
  return events;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('calls', () => {
  test('nodes run in a process of their own, whose values stay there under handles', async () => {
    const client = startEngine();
    expect((await client.catalogue()).map((schema) => schema.type)).toContain('Sum');
    expect(await client.deviceKey()).toBe('toy');
    await run(client, request('Sum'));
    await run(client, request('Sum', { contentKey: keyOf('b'), inputs: { terms: [{ key: keyOf('a'), port: 'total' }, { key: keyOf('a'), port: 'total' }] } }));
    expect(await client.lookup(keyOf('b'), { total: 'Report' })).toBe('memory');
    expect(await client.lookup(keyOf('c'), { total: 'Report' })).toBe('missing');
    await client.release([keyOf('a'), keyOf('b')]);
    expect((await client.memory()).resident).toBe(processes[0]?.pid);
    expect(processes).toHaveLength(1);
    expect(processes[0]?.pid).not.toBe(process.pid);
  });

  test('several requests at once: events say whose they are, and each has an outcome of its own', async () => {
    const client = startEngine();
    const told: [number, string][] = [];
    const requests = [request('Tell', { nodeId: 'a' }), request('Fail', { nodeId: 'b', contentKey: keyOf('b') }), request('Tell', { nodeId: 'c', contentKey: keyOf('c') }), request('Nothing', { nodeId: 'd', contentKey: keyOf('d') })];
    const errors = await client.runMany(requests, (row, event) => told.push([row, event.type]), new AbortController().signal);
    expect(errors.map((error) => error === undefined ? undefined : [error.code, error.nodeId])).toEqual([undefined, ['run.unexpected', 'b'], undefined, ['graph.unknown-type', 'd']]);
    expect(told).toEqual([0, 2].flatMap((row) => ['progress', 'preview', 'warning', 'artifact'].map((type) => [row, type])));
    expect(await client.lookup(keyOf('c'), { total: 'Report' })).toBe('memory');
    expect(await client.describe({ key: keyOf('c'), port: 'total' }, 'Report')).toEqual({ facts: { number: 1 } });
    expect((await faultOf(() => client.describe({ key: keyOf('b'), port: 'total' }, 'Report'))).code).toBe('values.missing');
  });

  test('several requests at once are cancelled together, and die together', async () => {
    const client = startEngine();
    const controller = new AbortController();
    const hanging = client.runMany([request('Hang', { nodeId: 'a' }), request('Sum', { nodeId: 'b', contentKey: keyOf('b') })], () => undefined, controller.signal);
    await client.deviceKey();
    controller.abort();
    expect((await hanging).map((error) => error?.kind)).toEqual(['cancelled', 'cancelled']);
    const dying = faultOf(() => client.runMany([request('Sum', { contentKey: keyOf('c') }), request('Kill', { nodeId: 'b', contentKey: keyOf('d') })], () => undefined, new AbortController().signal));
    expect(await dying).toMatchObject({ code: 'engine.died', where: 'Sum "toy" and 1 more' });
  });

  test('events arrive in order and whole', async () => {
    expect(await run(startEngine(), request('Tell'))).toEqual([
      { type: 'progress', progress: { done: 1, total: 2, message: 'half', figures: { loss: 0.5 } } },
      { type: 'preview', png: Uint8Array.of(1, 2, 3), label: 'small' },
      { type: 'warning', warning: { code: 'toy.warning', kind: 'run', where: 'Tell', rule: 'must be told', nodeId: 'node-1' } },
      { type: 'artifact', artifact: { kind: 'data', path: '/x', sha256: 'abc' } },
    ]);
  });

  test('an error crosses as data', async () => {
    expect(await faultOf(() => run(startEngine(), request('Fail')))).toEqual({ code: 'run.unexpected', kind: 'run', where: 'Fail "toy"', rule: 'it broke', nodeId: 'node-1' });
    expect(await faultOf(() => run(startEngine(), request('Unknown')))).toMatchObject({ code: 'graph.unknown-type', kind: 'input' });
  });

  test('arguments that do not fit the contract are refused by the engine, which goes on', async () => {
    const client = startEngine();
    expect((await faultOf(() => run(client, request('Sum', { contentKey: '../../etc' })))).code).toBe('engine.arguments');
    await run(client, request('Sum'));
    expect(processes).toHaveLength(1);
  });
});

describe('cancelling', () => {
  test('a node is told, within one blocking step, and the engine goes on', async () => {
    const client = startEngine();
    const controller = new AbortController();
    let steps = 0;
    const started = performance.now();
    let abortedAt = Infinity;
    const fault = await faultOf(() => client.run(request('Steps'), () => {
      steps += 1;
      if (steps === 3) {
        abortedAt = performance.now();
        controller.abort();
      }
    }, controller.signal));
    expect(fault).toMatchObject({ code: 'run.cancelled', kind: 'cancelled', where: 'Steps "toy"' });
    expect(steps).toBeLessThan(8); // steps of 50 ms; a few may be on their way
    expect(performance.now() - abortedAt).toBeLessThan(2000);
    expect(performance.now() - started).toBeGreaterThan(100);
    await run(client, request('Sum'));
    expect(processes).toHaveLength(1);
  });

  test('a run that was cancelled before it began does not begin', async () => {
    const controller = new AbortController();
    controller.abort();
    expect((await faultOf(() => run(startEngine(), request('Hang'), controller.signal))).code).toBe('run.cancelled');
  });
});

describe('when the engine dies', () => {
  test.each([
    ['Kill', 'ended by SIGKILL', /memory/],
    ['Abort', 'assertion failed in kernel', /--device cpu/],
    ['Exit', 'exit code 7', undefined],
  ])('%s: the reason is on the running node, and the next request gets a new engine', async (type, got, hint) => {
    const client = startEngine();
    await run(client, request('Sum'));
    const waiting = faultOf(() => run(client, request('Hang', { nodeId: 'node-2' })));
    const fault = await faultOf(() => run(client, request(type)));
    expect(fault).toMatchObject({ code: 'engine.died', kind: 'run', nodeId: 'node-1', where: `${type} "toy"` });
    expect(fault.got).toContain(got);
    if (hint === undefined) expect(fault.hint).toBeUndefined();
    else expect(fault.hint).toMatch(hint);
    expect(await waiting).toMatchObject({ code: 'engine.died', nodeId: 'node-2' });
    await run(client, request('Sum'));
    expect(processes).toHaveLength(2);
    expect(await client.lookup(keyOf('b'), { total: 'Report' })).toBe('missing');
  });

  test('an engine that speaks another language is ended, and its calls fail', async () => {
    const client = startEngine();
    expect(await faultOf(() => run(client, request('Babble')))).toMatchObject({ code: 'engine.message', kind: 'internal', nodeId: 'node-1' });
    await run(client, request('Sum'));
    expect(processes).toHaveLength(2);
  });

  test('starts again more slowly with every death in a row; doing something ends the row', async () => {
    const client = startEngine({ backoff: 60 });
    const timeOf = async (type: string): Promise<number> => {
      const started = performance.now();
      await run(client, request(type)).catch(() => undefined);
      return performance.now() - started;
    };
    await timeOf('Exit');
    await timeOf('Exit'); // waits 60 ms
    await timeOf('Exit'); // 120 ms
    expect(await timeOf('Exit')).toBeGreaterThan(240);
    expect(await timeOf('Sum')).toBeGreaterThan(480);
    const spawned = processes.length;
    await timeOf('Exit');
    expect(processes).toHaveLength(spawned); // it was still the engine of Sum
    expect(await timeOf('Exit')).toBeGreaterThan(60); // the count began anew, or this would be 960 ms
    expect(client.deathsInARow).toBe(2);
  });

  test('calls that find it dead at the same time start one engine, which dispose ends', async () => {
    const client = startEngine();
    await client.deviceKey();
    const [first] = processes as [EngineProcess];
    const gone = new Promise<void>((resolve) => { first.onExit(() => { resolve(); }); });
    process.kill(first.pid as number, 'SIGKILL');
    await gone;
    expect(await Promise.all([client.deviceKey(), client.lookup(keyOf('c'), { total: 'Report' }), client.deviceKey()])).toEqual(['toy', 'missing', 'toy']);
    expect(processes).toHaveLength(2);
    await client.dispose();
    expect(processes.map(({ pid }) => isRunning(pid as number))).toEqual([false, false]);
  });

  test('an engine that cannot start is told with its exit', async () => {
    process.env['TOY_FAIL_START'] = '1';
    expect(await faultOf(() => startEngine().catalogue())).toMatchObject({ code: 'engine.died', got: 'exit code 3' });
  });

  test('a program that is not there is told with the output', async () => {
    const client = startEngine({ spawn: () => forkEngine('/none/engine.mjs') });
    expect((await faultOf(() => client.catalogue())).got).toContain('Cannot find module');
  });
});

describe('ending', () => {
  test('dispose ends the process, also while a node runs; afterwards nothing can be asked', async () => {
    const client = startEngine();
    const hanging = faultOf(() => run(client, request('Hang')));
    await client.deviceKey();
    const pid = processes[0]?.pid ?? 0;
    expect(isRunning(pid)).toBe(true);
    await client.dispose();
    await client.dispose();
    expect(isRunning(pid)).toBe(false);
    expect(['run.cancelled', 'engine.died']).toContain((await hanging).code);
    expect((await faultOf(() => client.deviceKey())).code).toBe('engine.disposed');
  });

  test('dispose without a start does nothing', async () => {
    await startEngine().dispose();
    expect(processes).toHaveLength(0);
  });
});
