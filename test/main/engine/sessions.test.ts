import { link, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Tensor as OrtTensor } from 'onnxruntime-node';
import { afterEach, describe, expect, test } from 'vitest';
import { floatTensor, type Tensor } from '../../../src/main/core/ir/tensor.ts';
import type { Graph, Value } from '../../../src/main/core/ir/types.ts';
import { add, attention, cast, mul } from '../../../src/main/core/ops/functions.ts';
import { newGraph } from '../../../src/main/core/ops/registry.ts';
import { listAlive } from '../../../src/main/engine/alive.ts';
import { createSessionProvider, type EngineSessions } from '../../../src/main/engine/sessions.ts';
import { expectNoLeaks } from '../../support/expect-no-leaks.ts';
import { FakeOrt } from '../../support/fake-ort.ts';
import { faultOf } from '../../support/fault.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

afterEach(expectNoLeaks);

/** y = x + 1 over `size` float32 values: needs 8 * size bytes (x and y). */
function addOne(size = 4): Graph {
  const builder = newGraph('add-one');
  const x = builder.input('x', 'float32', [size]);
  builder.output('y', add(builder, x, builder.scalar(1)));
  return builder.build();
}

function ones(size = 4): Tensor {
  return floatTensor(new Float32Array(size).fill(1), [size]);
}

async function withSessions<T>(body: (sessions: EngineSessions) => Promise<T>, options: Partial<Parameters<typeof createSessionProvider>[0]> = {}): Promise<T> {
  const sessions = await createSessionProvider({ device: 'cpu', threads: 1, ...options });
  try {
    return await body(sessions);
  } finally {
    await sessions.dispose();
  }
}

describe('an estimate', () => {
  test('is of what a run takes, weights that are copied included, and makes no session', async () => {
    const weights = (): Graph => {
      const builder = newGraph('weights');
      builder.output('y', add(builder, builder.input('x', 'float32', [1000]), builder.constant(new Float32Array(1000), 'float32', [1000])));
      return builder.build();
    };
    await withSessions(async (sessions) => {
      // x and y of 4000 bytes each, four times over for the arena.
      expect(await sessions.estimate({ key: 'one', build: () => addOne(1000) })).toBe(4 * 8000 + 4);
      expect(await sessions.estimate({ key: 'two', build: () => addOne(2000) })).toBe(4 * 16_000 + 4);
      expect(await sessions.estimate({ key: 'weights', build: weights })).toBe(4 * 8000 + 4000);
      expect(sessions.usage().sessions).toBe(0);
    }, { plan: 'default' });
    await withSessions(async (sessions) => {
      expect(await sessions.estimate({ key: 'weights', build: weights })).toBe(4 * 8000);
    }, { plan: 'lean' });
  });
});

describe('running', () => {
  test('runs a graph with composites on the real runtime', async () => {
    await withSessions(async (sessions) => {
      const build = (): Graph => {
        const builder = newGraph('attention');
        const q = builder.input('q', 'float32', [1, 3, 4]);
        builder.output('y', attention(builder, q, q, q, { heads: 2, scale: 0 }));
        return builder.build();
      };
      const session = await sessions.acquire({ key: 'attention', build });
      // With scale 0 every weight is 1/3, so each output row is the mean of the rows.
      const { y } = await session.run({ q: floatTensor(Float32Array.of(0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11), [1, 3, 4]) });
      expect(y?.shape).toEqual([1, 3, 4]);
      [1, 4, 7, 10].forEach((mean, column) => expect(y?.data[column]).toBeCloseTo(mean, 5)); // sums of three in float32
      await session.dispose();
    });
  });

  test('outputs are copies that outlive the session, and later runs leave them as they are', async () => {
    let first: Tensor | undefined;
    await withSessions(async (sessions) => {
      const session = await sessions.acquire({ key: 'a', build: () => addOne() });
      first = (await session.run({ x: ones() }))['y'];
      await session.run({ x: floatTensor(new Float32Array(4).fill(7), [4]) });
      await session.dispose();
    });
    expect([...(first?.data as Float32Array)]).toEqual([2, 2, 2, 2]);
  });

  test('float16 values cross as bits', async () => {
    await withSessions(async (sessions) => {
      const build = (): Graph => {
        const builder = newGraph('half');
        const x = builder.input('x', 'float16', [2]);
        builder.output('y', cast(builder, mul(builder, cast(builder, x, 'float32'), builder.scalar(2)), 'float16'));
        return builder.build();
      };
      const session = await sessions.acquire({ key: 'half', build });
      const { y } = await session.run({ x: { dtype: 'float16', shape: [2], data: Uint16Array.of(0x3c00, 0xc100) } }); // 1, -2.5
      expect(y).toEqual({ dtype: 'float16', shape: [2], data: Uint16Array.of(0x4000, 0xc500) }); // 2, -5
      await session.dispose();
    });
  });

  test('equal numbers on every run and in every session with one plan and thread count', async () => {
    const build = (): Graph => {
      const builder = newGraph('attention');
      const q = builder.input('q', 'float32', [1, 64, 32]);
      builder.output('y', attention(builder, q, q, q, { heads: 4, scale: 0.35 }));
      return builder.build();
    };
    const x = floatTensor(Float32Array.from({ length: 64 * 32 }, (_, index) => Math.sin(index * 12.9898)), [1, 64, 32]);
    const run = (): Promise<Tensor | undefined> => withSessions(async (sessions) => {
      const session = await sessions.acquire({ key: 'q', build });
      const { y } = await session.run({ q: x });
      await session.dispose();
      return y;
    }, { threads: 2 });
    expect(await run()).toEqual(await run());
  });
});

describe('feeds', () => {
  const cases: [string, Record<string, Tensor>, string][] = [
    ['a missing one', {}, 'feed "x" must be float32 [4], got nothing'],
    ['a wrong shape', { x: ones(5) }, 'feed "x" must be float32 [4], got float32 [5]'],
    ['a wrong rank', { x: { ...ones(), shape: [1, 4] } }, 'feed "x" must be float32 [4], got float32 [1, 4]'],
    ['a wrong element type', { x: { dtype: 'int32', shape: [4], data: new Int32Array(4) } }, 'feed "x" must be float32 [4], got int32 [4]'],
    ['too few elements', { x: { ...ones(), data: new Float32Array(3) } }, 'feed "x" must carry 4 elements in a Float32Array, got 3 in a Float32Array'],
    ['a wrong array', { x: { ...ones(), data: new Float64Array(4) } }, 'feed "x" must carry 4 elements in a Float32Array, got 4 in a Float64Array'],
    ['an unknown name', { x: ones(), z: ones() }, 'feeds must be inputs of the graph (x), got z'],
  ];

  test.each(cases)('%s is refused by name', async (_case, feeds, text) => {
    await withSessions(async (sessions) => {
      const session = await sessions.acquire({ key: 'a', build: () => addOne() });
      const fault = await faultOf(() => session.run(feeds));
      expect(`${fault.rule}, got ${fault.got ?? ''}`).toBe(text);
      expect(fault).toMatchObject({ code: 'session.feed', kind: 'input', where: 'Session "a" on cpu' });
      await session.dispose();
    });
  });
});

describe('keeping and freeing', () => {
  test('one key makes one session, also when asked for twice at once', async () => {
    const runtime = new FakeOrt();
    await withSessions(async (sessions) => {
      let built = 0;
      const request = { key: 'a', build: () => { built += 1; return addOne(); } };
      const [one, two] = await Promise.all([sessions.acquire(request), sessions.acquire(request)]);
      await one.dispose();
      const three = await sessions.acquire(request);
      expect([built, runtime.created.length]).toEqual([1, 1]);
      await two.dispose();
      await three.dispose();
    }, { runtime });
    expect(runtime.alive).toBe(0);
  });

  test('beyond the budget the least recently used idle session goes, one in use never', async () => {
    const runtime = new FakeOrt();
    const each = 8 * 1000 + 4; // x and y of 1000 float32, and the scalar that `default` copies
    await withSessions(async (sessions) => {
      const hold = (key: string): ReturnType<typeof sessions.acquire> => sessions.acquire({ key, build: () => addOne(1000) });
      const inUse = await hold('a');
      await (await hold('b')).dispose();
      await (await hold('c')).dispose();
      await (await hold('b')).dispose(); // b is now younger than c
      expect(sessions.usage()).toEqual({ sessions: 3, leased: 1, bytes: 3 * each });
      await (await hold('d')).dispose(); // evicts c
      expect([runtime.created.length, runtime.released]).toEqual([4, 1]);
      await (await hold('b')).dispose();
      await (await hold('a')).dispose();
      expect(runtime.created.length).toBe(4); // both were still there
      await inUse.dispose();
      expect(sessions.usage().bytes).toBeLessThanOrEqual(3 * each);
    }, { runtime, memoryBudget: 3 * each });
    expect(runtime.alive).toBe(0);
  });

  test('a session larger than the budget is made all the same, and freed when it is given back', async () => {
    const runtime = new FakeOrt();
    await withSessions(async (sessions) => {
      const session = await sessions.acquire({ key: 'a', build: () => addOne(1000) });
      expect(sessions.usage().sessions).toBe(1);
      await session.dispose();
      expect(sessions.usage()).toEqual({ sessions: 0, leased: 0, bytes: 0 });
    }, { runtime, memoryBudget: 100 });
  });

  test('disposing twice does nothing, running afterwards is an error, and so is running after shut-down', async () => {
    const sessions = await createSessionProvider({ device: 'cpu', threads: 1 });
    const session = await sessions.acquire({ key: 'a', build: () => addOne() });
    const other = await sessions.acquire({ key: 'a', build: () => addOne() });
    await session.dispose();
    await session.dispose();
    expect((await faultOf(() => session.run({ x: ones() }))).code).toBe('session.disposed');
    expect((await other.run({ x: ones() }))['y']?.data[0]).toBe(2);
    await sessions.dispose();
    await sessions.dispose();
    expect((await faultOf(() => other.run({ x: ones() }))).code).toBe('session.disposed');
    expect((await faultOf(() => sessions.acquire({ key: 'b', build: () => addOne() }))).code).toBe('session.disposed');
    await other.dispose();
  });

  test('a lease that is not given back shows up with the place that took it', async () => {
    await withSessions(async (sessions) => {
      const leaked = await sessions.acquire({ key: 'forgotten', build: () => addOne() });
      const entry = listAlive().find((candidate) => candidate.kind === 'lease');
      expect(entry?.label).toBe('Session "forgotten" on cpu');
      expect(entry?.stack).toContain('sessions.test.ts');
      await leaked.dispose();
    });
  });
});

describe('failures', () => {
  test('what build throws reaches everyone who waits, and the key can be tried again', async () => {
    await withSessions(async (sessions) => {
      const bad = { key: 'a', build: (): Graph => { throw new Error('bad graph'); } };
      const results = await Promise.allSettled([sessions.acquire(bad), sessions.acquire(bad)]);
      expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected']);
      expect(sessions.usage().sessions).toBe(0);
      const session = await sessions.acquire({ key: 'a', build: () => addOne() });
      await session.dispose();
    });
  });

  test('out of memory frees idle sessions and tries once more', async () => {
    const runtime = new FakeOrt();
    await withSessions(async (sessions) => {
      await (await sessions.acquire({ key: 'idle', build: () => addOne() })).dispose();
      runtime.failures.push(new Error('BFCArena::AllocateRawInternal Failed to allocate memory for requested buffer of size 1'));
      const session = await sessions.acquire({ key: 'big', build: () => addOne() });
      expect(sessions.usage().sessions).toBe(1);
      runtime.failures.push(new Error('std::bad_alloc'), new Error('std::bad_alloc'));
      expect(await faultOf(() => sessions.acquire({ key: 'bigger', build: () => addOne() }))).toMatchObject({ code: 'session.out-of-memory', kind: 'run' });
      await session.dispose();
    }, { runtime });
  });

  test('a run that is out of memory frees idle sessions and is tried once more', async () => {
    let failures = 1;
    const runtime = new FakeOrt((feeds) => {
      if (failures > 0) {
        failures -= 1;
        throw new Error('Failed to allocate memory for requested buffer of size 1');
      }
      return { y: feeds['x'] as OrtTensor };
    });
    await withSessions(async (sessions) => {
      await (await sessions.acquire({ key: 'idle', build: () => addOne() })).dispose();
      const session = await sessions.acquire({ key: 'a', build: () => addOne() });
      expect((await session.run({ x: ones() }))['y']).toEqual(ones());
      expect(sessions.usage().sessions).toBe(1);
      failures = 2;
      expect((await faultOf(() => session.run({ x: ones() }))).code).toBe('session.out-of-memory');
      await session.dispose();
    }, { runtime });
  });

  test('a failing run names the session and what the runtime said', async () => {
    const runtime = new FakeOrt(() => { throw new Error('/onnxruntime_src/a/b.cc:12 void f() x == y was false. Shapes differ\n'); });
    await withSessions(async (sessions) => {
      const session = await sessions.acquire({ key: 'a', build: () => addOne() });
      expect(await faultOf(() => session.run({ x: ones() }))).toEqual({ code: 'session.run', kind: 'run', where: 'Session "a" on cpu', rule: 'the graph must run', got: 'Shapes differ' });
      await session.dispose();
    }, { runtime });
  });

  test.each([0, 1.5, -1, Number.NaN, 2000])('%d threads are refused', async (threads) => {
    expect((await faultOf(() => createSessionProvider({ device: 'cpu', threads }))).code).toBe('session.threads');
  });

  test('a negative memory budget is refused', async () => {
    expect((await faultOf(() => createSessionProvider({ device: 'cpu', memoryBudget: -1 }))).code).toBe('session.budget');
  });
});

describe('plans and device key', () => {
  test('the device key names provider, version, threads and plan', async () => {
    const keys = await Promise.all([
      withSessions(async ({ deviceKey }) => deviceKey),
      withSessions(async ({ deviceKey }) => deviceKey, { threads: 2 }),
      withSessions(async ({ deviceKey }) => deviceKey, { plan: 'lean' }),
    ]);
    expect(keys[0]).toMatch(/^cpu onnxruntime-1\.\d+\.\d+ threads-1 plan-by-size-\d+$/);
    expect(new Set(keys).size).toBe(3);
  });

  test('weights above the limit get the lean plan, small ones the default plan', async () => {
    const runtime = new FakeOrt();
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'w'), '');
    // 2^26 float32 = 256 MiB; the file isn't read by the fake runtime.
    const withWeight = (elements: number) => (): Graph => {
      const builder = newGraph('weights');
      const w = builder.external('w', 'float32', [elements], { file: join(folder, 'w'), offset: 0, length: elements * 4 });
      builder.output('y', add(builder, w, builder.input('x', 'float32', [1])));
      return builder.build();
    };
    await withSessions(async (sessions) => {
      await (await sessions.acquire({ key: 'small', build: withWeight(2 ** 26 - 1) })).dispose();
      await (await sessions.acquire({ key: 'large', build: withWeight(2 ** 26) })).dispose();
    }, { runtime, memoryBudget: 2 ** 40 });
    const [small, large] = runtime.created;
    expect(small).toMatchObject({ graphOptimizationLevel: 'all', intraOpNumThreads: 1 });
    expect(small?.extra).toEqual({ session: { model_external_initializers_file_folder_path: folder }, optimization: {} });
    expect(large).toMatchObject({ graphOptimizationLevel: 'extended' });
    expect(large?.extra).toEqual({
      session: { disable_prepacking: '1', model_external_initializers_file_folder_path: folder }, optimization: { disable_specified_optimizers: 'ConstantFolding' },
    });
  });
});

describe('weights in files', () => {
  /** y = x + the float32 at `offset` of each file. */
  function sumOf(files: readonly { path: string; offset?: number }[]): () => Graph {
    return () => {
      const builder = newGraph('sum');
      let value: Value = builder.input('x', 'float32', [1]);
      files.forEach(({ path, offset = 0 }, index) => {
        value = add(builder, value, builder.external(`w${index}`, 'float32', [1], { file: path, offset, length: 4 }));
      });
      builder.output('y', value);
      return builder.build();
    };
  }

  async function weight(path: string, value: number, offset = 0): Promise<string> {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, Buffer.concat([Buffer.alloc(offset, 0xff), Buffer.from(Float32Array.of(value).buffer)]));
    return path;
  }

  async function sum(files: readonly { path: string; offset?: number }[]): Promise<number | undefined> {
    return withSessions(async (sessions) => {
      const session = await sessions.acquire({ key: 'sum', build: sumOf(files) });
      try {
        return (await session.run({ x: floatTensor(Float32Array.of(0), [1]) }))['y']?.data[0] as number | undefined;
      } finally {
        await session.dispose();
      }
    });
  }

  test('are read where they lie, at any offset', async () => {
    const folder = await temporaryFolder();
    expect(await sum([{ path: await weight(join(folder, 'w.safetensors'), 3, 8195), offset: 8195 }])).toBe(3);
  });

  test('may lie in several folders, of one tree or another', async () => {
    const [one, other] = [await temporaryFolder(), await temporaryFolder()];
    expect(await sum([
      { path: await weight(join(one, 'unet', 'w.bin'), 1) }, { path: await weight(join(one, 'unet-2', 'w.bin'), 2) }, { path: await weight(join(one, 'w.bin'), 4) },
      { path: await weight(join(other, 'a', 'b', 'c', 'w.bin'), 8) },
    ])).toBe(15);
  });

  test.each(['with space.bin', 'ünï-日本-🎨.bin', '..dots.bin', '-dash', 'quo"te\'s.bin', '%41#?.bin', '*', 'back\\slash', 'new\nline', 'C:x', 'x'.repeat(255)])('may be called %j', async (name) => {
    expect(await sum([{ path: await weight(join(await temporaryFolder(), 'odd dir ü', name), 5) }])).toBe(5);
  });

  test('are found behind symbolic links, of files and of folders (Hugging Face\'s cache)', async () => {
    const folder = await temporaryFolder();
    await weight(join(folder, 'blobs', 'abc'), 6);
    await mkdir(join(folder, 'snapshots', 'rev', 'unet'), { recursive: true });
    await symlink('../../../blobs/abc', join(folder, 'snapshots', 'rev', 'unet', 'w.safetensors'));
    await symlink(join(folder, 'snapshots', 'rev'), join(folder, 'model'));
    expect(await sum([{ path: join(folder, 'model', 'unet', 'w.safetensors') }])).toBe(6);
  });

  test('hard links, folders, missing files and reserved names are refused', async () => {
    const folder = await temporaryFolder();
    const path = await weight(join(folder, 'w.bin'), 1);
    await link(path, join(folder, 'second'));
    expect(await faultOf(() => sum([{ path }]))).toMatchObject({ code: 'session.weights-hardlink', kind: 'input', path });
    expect((await faultOf(() => sum([{ path: folder }]))).code).toBe('session.weights-kind');
    expect((await faultOf(() => sum([{ path: join(folder, 'none') }]))).code).toBe('session.weights-missing');
    const trap = await weight(join(folder, '*', '_ORT_MEM_ADDR_', 'w'), 1);
    const other = await weight(join(folder, 'other'), 1);
    expect((await faultOf(() => sum([{ path: trap }, { path: other }]))).code).toBe('session.weights-name');
  });

  test('a file that became shorter is an error, not a crash', async () => {
    const folder = await temporaryFolder();
    const path = await weight(join(folder, 'w.bin'), 1);
    expect((await faultOf(() => sum([{ path, offset: 4096 }]))).code).toBe('session.create');
    await rename(path, join(folder, 'moved.bin'));
    expect((await faultOf(() => sum([{ path }]))).code).toBe('session.weights-missing');
  });
});
