import { existsSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { floatTensor, type FloatTensor, type Tensor } from '../../../src/main/core/ir/tensor.ts';
import type { Graph } from '../../../src/main/core/ir/types.ts';
import { attention, conv, groupNorm, linear, silu } from '../../../src/main/core/ops/functions.ts';
import { newGraph } from '../../../src/main/core/ops/registry.ts';
import { probeDevice } from '../../../src/main/engine/devices.ts';
import { createSessionProvider } from '../../../src/main/engine/sessions.ts';
import { expectNoLeaks } from '../../support/expect-no-leaks.ts';

/** Chromium's software Vulkan driver: the WebGPU provider runs on it without a GPU. */
const DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json';
const LOADER = ['/lib/x86_64-linux-gnu/libvulkan.so.1', '/usr/lib/x86_64-linux-gnu/libvulkan.so.1'];
const present = existsSync(DRIVER) && LOADER.some((path) => existsSync(path));
const why = present ? '' : ` (skipped: needs Debian's packages chromium and libvulkan1, for ${DRIVER})`;

// Read by the Vulkan loader when the first WebGPU session of this process is made.
if (present) {
  process.env['VK_ICD_FILENAMES'] = DRIVER;
  process.env['VK_DRIVER_FILES'] = DRIVER;
  process.env['XDG_RUNTIME_DIR'] ??= '/tmp';
}

afterEach(expectNoLeaks);

function wave(shape: readonly number[], phase: number): FloatTensor {
  const count = shape.reduce((product, dimension) => product * dimension, 1);
  return floatTensor(Float32Array.from({ length: count }, (_, index) => Math.sin(index * 0.37 + phase)), shape);
}

/** A bit of everything that a U-Net has. */
function block(): Graph {
  const builder = newGraph('block');
  const weight = (shape: readonly number[], phase: number, name: string): ReturnType<typeof builder.constant> => {
    const { data } = wave(shape, phase);
    return builder.constant(data.map((value) => value * 0.2), 'float32', shape, name);
  };
  const x = builder.input('x', 'float32', [1, 8, 6, 6]);
  const normal = groupNorm(builder, x, 4, weight([8], 1, 'scale'), weight([8], 2, 'bias'), 1e-5);
  builder.output('convolved', conv(builder, silu(builder, normal), weight([8, 8, 3, 3], 3, 'kernel'), weight([8], 4, 'shift'), { strides: [1, 1], pads: [1, 1, 1, 1] }));
  const tokens = builder.input('tokens', 'float32', [1, 10, 8]);
  const query = linear(builder, tokens, weight([8, 8], 5, 'to_q'));
  builder.output('attended', attention(builder, query, tokens, tokens, { heads: 2, scale: 0.5 }));
  return builder.build();
}

async function runOn(device: 'cpu' | 'webgpu'): Promise<Readonly<Record<string, Tensor>>> {
  const sessions = await createSessionProvider({ device, threads: 1 });
  const session = await sessions.acquire({ key: 'block', build: block });
  try {
    return await session.run({ x: wave([1, 8, 6, 6], 0), tokens: wave([1, 10, 8], 6) });
  } finally {
    await session.dispose();
    await sessions.dispose();
  }
}

describe.skipIf(!present)(`WebGPU on SwiftShader${why}`, () => {
  test('the probe finds float32 working, and tells why float16 is not', async () => {
    const probe = await probeDevice('webgpu');
    expect(probe.float32).toMatchObject({ works: true });
    expect(probe.float16).toMatchObject({ works: false, reason: expect.stringContaining('f16') as string });
  });

  test('gives the CPU\'s numbers', async () => {
    const [cpu, gpu] = [await runOn('cpu'), await runOn('webgpu')];
    for (const name of ['convolved', 'attended']) {
      const [a, b] = [cpu[name]?.data as Float32Array, gpu[name]?.data as Float32Array];
      expect(b.length).toBe(a.length);
      expect(Math.max(...a.map(Math.abs))).toBeGreaterThan(0.1);
      // Values of about 1 and sums of at most 72 terms: a few float32 roundings.
      expect(Math.max(...a.map((value, index) => Math.abs(value - (b[index] as number))))).toBeLessThan(2e-6);
    }
  });
});
