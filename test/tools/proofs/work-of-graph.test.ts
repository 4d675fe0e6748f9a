import { expect, it } from 'vitest';
import { add } from '../../../src/main/core/ops/functions.ts';
import { newGraph } from '../../../src/main/core/ops/registry.ts';
import { operationsOf } from '../../../tools/proofs/support/work-of-graph.ts';

it('counts two operations for every product of matrices and convolutions, and nothing else', () => {
  const matrices = newGraph('matrices');
  const [a, b] = [matrices.input('a', 'float32', [5, 2, 3]), matrices.input('b', 'float32', [5, 3, 4])];
  const product = matrices.op('MatMul', [a, b]);
  matrices.output('y', add(matrices, product, product));
  expect(operationsOf(matrices.build())).toBe(2 * 5 * 2 * 4 * 3);

  const convolution = newGraph('convolution');
  const image = convolution.input('image', 'float32', [1, 4, 8, 8]);
  const kernel = convolution.constant(new Float32Array(6 * 4 * 3 * 3), 'float32', [6, 4, 3, 3]);
  convolution.output('y', convolution.op('Conv', [image, kernel], { pads: [1, 1, 1, 1] }));
  expect(operationsOf(convolution.build())).toBe(2 * 6 * 8 * 8 * 4 * 3 * 3);
});
