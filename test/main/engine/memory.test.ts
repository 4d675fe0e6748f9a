import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { floatTensor } from '../../../src/main/core/ir/tensor.ts';
import type { Graph } from '../../../src/main/core/ir/types.ts';
import { add, linear, mul } from '../../../src/main/core/ops/functions.ts';
import { newGraph } from '../../../src/main/core/ops/registry.ts';
import { estimateMemory, privateBytes } from '../../../src/main/engine/estimate.ts';
import { readMemory } from '../../../src/main/engine/memory.ts';
import { choosePlan, type PlanChoice } from '../../../src/main/engine/plans.ts';
import { createSessionProvider } from '../../../src/main/engine/sessions.ts';
import { expectNoLeaks } from '../../support/expect-no-leaks.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

afterEach(expectNoLeaks);

const MEBIBYTE = 2 ** 20;

describe('readMemory', () => {
  test('reads private and mapped memory from smaps_rollup, the peak from status', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'smaps_rollup'), '55d0-7ffd ---p 00000000 00:00 0 [rollup]\nRss:    1000 kB\nPss:  900 kB\nAnonymous:   300 kB\n');
    await writeFile(join(folder, 'status'), 'Name:\tnode\nVmHWM:\t 2000 kB\nVmRSS:\t 990 kB\nRssAnon:\t 280 kB\n');
    expect(await readMemory(folder)).toEqual({ resident: 1000 * 1024, private: 300 * 1024, mapped: 700 * 1024, peakResident: 2000 * 1024 });
  });

  test('falls back to status, and to the resident size alone', async () => {
    const folder = await temporaryFolder();
    const bare = await readMemory(folder);
    expect(bare).toMatchObject({ private: undefined, mapped: undefined, peakResident: undefined });
    expect(bare.resident).toBeGreaterThan(10 * MEBIBYTE);
    await writeFile(join(folder, 'status'), 'VmHWM:\t 2000 kB\nVmRSS:\t 990 kB\nRssAnon:\t 280 kB\n');
    expect(await readMemory(folder)).toEqual({ resident: 990 * 1024, private: 280 * 1024, mapped: 710 * 1024, peakResident: 2000 * 1024 });
  });

  test.runIf(process.platform === 'linux')('sees this process grow by what is really used', async () => {
    const before = await readMemory();
    const block = Buffer.alloc(64 * MEBIBYTE, 1);
    const after = await readMemory();
    expect((after.private ?? 0) - (before.private ?? 0)).toBeGreaterThan(60 * MEBIBYTE);
    expect(block[0]).toBe(1);
  });
});

describe('estimateMemory', () => {
  test('counts weights as stored and as float32, and the most that is alive at once', () => {
    const builder = newGraph('chain');
    const weight = builder.external('w', 'float16', [1000], { file: '/nowhere', offset: 0, length: 2000 });
    const x = builder.input('x', 'float32', [100]);
    const doubled = add(builder, x, x);
    const squared = mul(builder, doubled, doubled);
    builder.output('y', mul(builder, squared, squared));
    builder.output('w', weight);
    // x stays while it is fed; doubled, squared and y have 400 bytes each, and never more than two of them live.
    const graph = builder.build();
    const estimate = estimateMemory(graph);
    expect(estimate).toEqual({ storedWeights: 2000, wideWeights: 4000, activations: 800 });
    expect(privateBytes(estimate, choosePlan('lean', 0))).toBe(800);
    expect(privateBytes(estimate, choosePlan('default', 0))).toBe(4800);
  });
});

describe.runIf(process.platform === 'linux')('plans on the real runtime', () => {
  const width = 4096;

  /** One linear layer of 64 MiB of weights in a file, forward and (transposed) back. */
  function layer(file: string): () => Graph {
    return () => {
      const builder = newGraph('layer');
      const weight = builder.external('weight', 'float32', [width, width], { file, offset: 0, length: width * width * 4 });
      builder.output('y', linear(builder, builder.input('x', 'float32', [1, 8, width]), weight));
      return builder.build();
    };
  }

  async function growth(plan: PlanChoice, file: string): Promise<{ privateBytes: number; first: number }> {
    const sessions = await createSessionProvider({ device: 'cpu', threads: 1, plan });
    const before = (await readMemory()).private ?? 0;
    const session = await sessions.acquire({ key: 'layer', build: layer(file) });
    const { y } = await session.run({ x: floatTensor(new Float32Array(8 * width).fill(1), [1, 8, width]) });
    const after = (await readMemory()).private ?? 0;
    await session.dispose();
    await sessions.dispose();
    return { privateBytes: after - before, first: y?.data[0] as number };
  }

  test('the lean plan leaves weights in their file, the default plan copies them; both give the same sums', async () => {
    const file = join(await temporaryFolder(), 'w.bin');
    const handle = await open(file, 'w');
    const row = new Uint8Array(Float32Array.from({ length: width }, (_, index) => (index % 4) / 4).buffer);
    for (let index = 0; index < width; index += 1) await handle.write(row);
    await handle.close();
    const lean = await growth('lean', file);
    const full = await growth('default', file);
    expect(lean.first).toBe(1536); // 4096 times the mean of 0, 1/4, 2/4, 3/4: exact in float32
    expect(full.first).toBe(1536);
    expect(lean.privateBytes).toBeLessThan(16 * MEBIBYTE);
    expect(full.privateBytes).toBeGreaterThan(48 * MEBIBYTE);
  });
});
