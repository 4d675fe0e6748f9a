import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkGrads } from '../../../../src/main/core/autodiff/check-grads.ts';
import type { GraphBuilder } from '../../../../src/main/core/ir/builder.ts';
import type { Value } from '../../../../src/main/core/ir/types.ts';
import { conv, convTranspose } from '../../../../src/main/core/ops/functions.ts';
import type { ConvTransposeOptions } from '../../../../src/main/core/ops/functions.ts';
import { newGraph } from '../../../../src/main/core/ops/registry.ts';
import { graphRunner } from '../../../support/graph-runner.ts';

interface Geometry {
  readonly x: readonly number[];
  readonly weight: readonly number[];
  readonly options: ConvTransposeOptions;
}

const small = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
const perAxis = (item: fc.Arbitrary<number>, count = 2): fc.Arbitrary<number[]> => fc.array(item, { minLength: count, maxLength: count });

/** Any image convolution whose kernel fits: channels per group, kernel, stride, dilation, pads and size are free of each other. */
const geometries: fc.Arbitrary<Geometry> = fc
  .record({ group: small(1, 2), perGroup: perAxis(small(1, 2)), batch: small(1, 2), kernel: perAxis(small(1, 3)), strides: perAxis(small(1, 3)), dilations: perAxis(small(1, 2)), pads: perAxis(small(0, 2), 4), more: perAxis(small(0, 4)) })
  .map(({ group, perGroup: [input = 1, output = 1], batch, kernel, strides, dilations, pads, more }) => ({
    x: [batch, group * input, ...kernel.map((size, axis) => (size - 1) * (dilations[axis] ?? 1) + 1 + (more[axis] ?? 0))],
    weight: [group * output, input, ...kernel],
    options: { strides, dilations, pads, group },
  }));

async function check(name: string, { x, weight, options }: Geometry, build: (builder: GraphBuilder, x: Value, weight: Value) => Value): Promise<void> {
  // Both are linear in each input: a long step costs nothing in accuracy and drowns the rounding of float32.
  const request = { name: `${name} ${JSON.stringify({ x, weight, options })}`, inputs: [{ shape: x }, { shape: weight }], dtype: 'float32' as const, step: 0.5, tolerance: 1e-4, directions: 1, seed: 3 };
  await checkGrads({ ...request, build: (builder, [image, kernel]) => build(builder, image as Value, kernel as Value) }, graphRunner());
}

test('the gradients of Conv hold for any geometry', async () => {
  await fc.assert(fc.asyncProperty(geometries, (geometry) => check('Conv', geometry, (builder, x, weight) => conv(builder, x, weight, undefined, geometry.options))), { numRuns: 30, seed: 11 });
});

test('the gradients of ConvTranspose hold for any geometry, output padding included', async () => {
  // Roles swapped: x has as many channels as the weight has filters. Pads that would eat the whole output are left out.
  const transposed = fc.tuple(geometries, perAxis(small(0, 1))).map(([{ x, weight, options }, extra]) => {
    const outputPadding = extra.map((count, axis) => Math.min(count, (options.strides?.[axis] ?? 1) - 1));
    return { x: [x[0] ?? 1, weight[0] ?? 1, ...x.slice(2).map((size) => size + 2)], weight, options: { ...options, outputPadding } };
  }).filter(({ x, weight, options }) => [0, 1].every((axis) => {
    const span = ((weight[axis + 2] ?? 1) - 1) * (options.dilations?.[axis] ?? 1) + 1;
    return ((x[axis + 2] ?? 1) - 1) * (options.strides?.[axis] ?? 1) + span - (options.pads?.[axis] ?? 0) - (options.pads?.[axis + 2] ?? 0) > 0;
  }));
  await fc.assert(fc.asyncProperty(transposed, (geometry) => check('ConvTranspose', geometry, (builder, x, weight) => convTranspose(builder, x, weight, undefined, geometry.options))), { numRuns: 30, seed: 12 });
});

test('inferred sizes are those of ONNX Runtime', async () => {
  const run = graphRunner();
  await fc.assert(fc.asyncProperty(geometries, async ({ x, weight, options }) => {
    const builder = newGraph('sizes');
    const [image, kernel] = [builder.input('x', 'float32', x), builder.input('weight', 'float32', weight)];
    const output = conv(builder, image, kernel, undefined, options);
    builder.output('y', output);
    const zeros = (shape: readonly number[]) => ({ dtype: 'float32' as const, shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) });
    const [results] = await run(builder.build(), [{ x: zeros(x), weight: zeros(weight) }]);
    expect(results?.['y']?.shape).toEqual(output.type.shape);
  }), { numRuns: 30, seed: 13 });
});
