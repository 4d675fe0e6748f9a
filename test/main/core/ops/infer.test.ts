import { describe, expect, test } from 'vitest';
import type { GraphBuilder } from '../../../../src/main/core/ir/builder.ts';
import type { DataType, Shape, Value } from '../../../../src/main/core/ir/types.ts';
import * as functions from '../../../../src/main/core/ops/functions.ts';
import { broadcastShapes } from '../../../../src/main/core/ops/infer.ts';
import { newGraph } from '../../../../src/main/core/ops/registry.ts';

type Input = Shape | { readonly dtype: DataType; readonly shape: Shape };
type Build = (builder: GraphBuilder, ...inputs: Value[]) => unknown;

/** What is refused, and in which words. */
const REFUSALS: readonly (readonly [string, readonly Input[], Build, string])[] = [
  ['shapes that do not broadcast', [[2, 3], [2]], functions.add, 'Add "Add": input 1 must broadcast with [2, 3], got [2]'],
  ['two element types', [[2], { dtype: 'float64', shape: [2] }], functions.mul, 'Mul "Mul": input 1 must be float32 like input 0, got float64'],
  ['a condition that is no bool', [[2], [2], [2]], functions.where, 'Where "Where": input 0 must be bool, got float32'],
  ['branches of two types', [{ dtype: 'bool', shape: [2] }, [2], { dtype: 'int64', shape: [2] }], functions.where, 'Where "Where": input 2 must be float32 like input 1, got int64'],
  ['an unknown element type', [[2]], (b, x) => b.op('Cast', [x], { to: 99 }), 'Cast "Cast": attribute "to" must be the code of a known element type, got 99'],
  ['a bound that is no scalar', [[2], [2]], (b, x, y) => b.op('Clip', [x, y]), 'Clip "Clip": input 1 must have shape [], got [2]'],
  ['an order that misses an axis', [[2, 3]], (b, x) => functions.transpose(b, x, [0, 0]), 'Transpose "Transpose": attribute "perm" must order the 2 axes, got [0, 0]'],
  ['a reshape to more elements', [[2, 3]], (b, x) => functions.reshape(b, x, [7]), 'Reshape of "x0": must keep 6 elements, got [2, 3] to [7]'],
  ['a reshape that does not divide', [[2, 3]], (b, x) => functions.reshape(b, x, [4, -1]), 'Reshape of "x0": must keep 6 elements, got [2, 3] to [4, -1]'],
  ['a shape that is computed', [[2, 3], { dtype: 'int64', shape: [1] }], (b, x, y) => b.op('Reshape', [x, y]), 'Reshape "Reshape": input 1 must be an inline int64 constant'],
  ['parts of different rank', [[2, 3], [2]], (b, x, y) => functions.concat(b, [x, y], 0), 'Concat "Concat": input 1 must equal [2, 3] but for axis 0, got [2]'],
  ['an axis out of range', [[2, 3], [2, 3]], (b, x, y) => functions.concat(b, [x, y], 2), 'Concat "Concat": axis must be -2..1, got 2'],
  ['an empty slice', [[4]], (b, x) => functions.slice(b, x, 0, 3, 3), 'Slice "Slice": axis 0 must be cut within 0..4, got 3..3'],
  ['parts that are too large', [[4]], (b, x) => functions.split(b, x, 0, [2, 3]), 'Split "Split": parts must be positive and sum to 4, got [2, 3]'],
  ['indices that are no integers', [[4], [2]], (b, x, y) => functions.gather(b, x, y, 0), 'Gather "Gather": input 1 must be int32 or int64, got float32'],
  ['updates of a wrong shape', [[4], { dtype: 'int64', shape: [2, 1] }, [3]], functions.scatterAdd, 'ScatterND "ScatterND": input 2 must have shape [2], got [3]'],
  ['an expansion that shrinks', [[3]], (b, x) => functions.expand(b, x, [1]), 'Expand "Expand": [3] must broadcast to the target shape, got [1]'],
  ['negative pads', [[3]], (b, x) => functions.pad(b, x, [-1, 0]), 'Pad "Pad": pads must be 2 counts that are not negative, got [-1, 0]'],
  ['vectors in a matrix product', [[3], [3, 2]], functions.matMul, 'MatMul "MatMul": input 0 must have rank 2..8, got [3]'],
  ['matrices that do not fit', [[2, 3], [2, 3]], functions.matMul, 'MatMul "MatMul": inputs must be [..., M, K] and [..., K, N], got [2, 3] and [2, 3]'],
  ['a linear layer of another width', [[2, 5], [4, 3]], functions.linear, 'Gemm "Gemm": inner dimensions must agree (transA 0, transB 1), got [2, 5] and [4, 3]'],
  ['a bias of another length', [[2, 3], [4, 3], [3]], functions.linear, 'Gemm "Gemm": input 2 must broadcast to [2, 4], got [3]'],
  ['a softmax axis out of range', [[2, 3]], (b, x) => functions.softmax(b, x, 2), 'Softmax "Softmax": axis must be -2..1, got 2'],
  ['a reduction axis out of range', [[2, 3]], (b, x) => functions.reduceSum(b, x, [5]), 'ReduceSum "ReduceSum": axis must be -2..1, got 5'],
  ['a norm weight of another width', [[2, 3], [4]], (b, x, w) => functions.layerNorm(b, x, w, undefined, 1e-5), 'LayerNormalization "LayerNormalization": input 1 must have shape [3], got [4]'],
  ['an instance norm of a matrix', [[2, 3], [3], [3]], (b, x, w, c) => functions.instanceNorm(b, x, w, c, 1e-5), 'InstanceNormalization "InstanceNormalization": input 0 must have rank 3..8, got [2, 3]'],
  ['channels that do not fit', [[1, 3, 4, 4], [2, 2, 3, 3]], (b, x, w) => functions.conv(b, x, w), 'Conv "Conv": input 0 must have 2 channels for weight [2, 2, 3, 3] in 1 groups, got [1, 3, 4, 4]'],
  ['a kernel larger than the image', [[1, 2, 2, 2], [2, 2, 3, 3]], (b, x, w) => functions.conv(b, x, w), 'Conv "Conv": kernel must fit into the padded input, got [1, 2, 2, 2]'],
  ['pads for one axis only', [[1, 2, 4, 4], [2, 2, 3, 3]], (b, x, w) => functions.conv(b, x, w, undefined, { pads: [1, 1] }), 'Conv "Conv": attribute "pads" must have 4 numbers, got [1, 1]'],
  ['groups that do not divide', [[1, 2, 4, 4], [3, 1, 3, 3]], (b, x, w) => functions.conv(b, x, w, undefined, { group: 2 }), 'Conv "Conv": group must divide 3, got 2'],
  ['output padding as large as the stride', [[1, 2, 4, 4], [2, 1, 3, 3]], (b, x, w) => functions.convTranspose(b, x, w, undefined, { strides: [2, 2], outputPadding: [1, 2] }), 'ConvTranspose "ConvTranspose": output padding must be less than the strides [2, 2], got [1, 2]'],
  ['a resize by a fraction', [[1, 1, 2, 2]], (b, x) => b.op('Resize', [x, undefined, b.constant(Float32Array.of(1, 1, 1.5, 2), 'float32', [4])], { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }), 'Resize "Resize": scales must be whole numbers from 1, got 1, 1, 1.5, 2'],
  ['a resize by another rule', [[1, 1, 2, 2]], (b, x) => b.op('Resize', [x, undefined, b.constant(Float32Array.of(1, 1, 2, 2), 'float32', [4])], { mode: 'linear' }), 'Resize "Resize": must be nearest, asymmetric, floor'],
  ['a gelu by another name', [[2]], (b, x) => b.op('Gelu', [x], { approximate: 'quick' }), 'Gelu "Gelu": attribute "approximate" must be none or tanh, got quick'],
  ['heads that do not divide', [[1, 4, 6], [1, 4, 6], [1, 4, 6]], (b, q, k, v) => functions.attention(b, q, k, v, { heads: 4, scale: 1 }), 'Attention "Attention": heads must divide the width 6, got 4'],
  ['keys of another width', [[1, 4, 6], [1, 4, 8], [1, 4, 8]], (b, q, k, v) => functions.attention(b, q, k, v, { heads: 2, scale: 1 }), 'Attention "Attention": input 1 must have shape [1, 4, 6], got [1, 4, 8]'],
  ['fewer values than keys', [[1, 4, 6], [1, 5, 6], [1, 4, 6]], (b, q, k, v) => functions.attention(b, q, k, v, { heads: 2, scale: 1 }), 'Attention "Attention": input 2 must have shape [1, 5, 6], got [1, 4, 6]'],
  ['a mask that does not fit', [[1, 4, 6], [1, 5, 6], [1, 5, 6], [4, 4]], (b, q, k, v, m) => functions.attention(b, q, k, v, { heads: 2, scale: 1 }, m), 'Attention "Attention": mask must broadcast to [1, 2, 4, 5], got [4, 4]'],
];

describe('shape inference refuses, naming the node', () => {
  for (const [title, inputs, build, message] of REFUSALS) {
    test(title, () => {
      const builder = newGraph('g');
      const values = inputs.map((input, index) => ('shape' in input ? builder.input(`x${index}`, input.dtype, input.shape) : builder.input(`x${index}`, 'float32', input)));
      let thrown = 'nothing was thrown';
      try {
        build(builder, ...values);
      } catch (error) {
        thrown = error instanceof Error ? error.message : String(error);
      }
      expect(thrown).toContain(message);
    });
  }
});

test('broadcastShapes follows the rule for every pair', () => {
  expect(broadcastShapes([], [])).toEqual([]);
  expect(broadcastShapes([2, 1, 4], [3, 1])).toEqual([2, 3, 4]);
  expect(broadcastShapes([1], [0])).toEqual([0]);
  expect(broadcastShapes([2, 3], [3, 2])).toBeUndefined();
});

describe('functions that have nothing to do add nothing', () => {
  const same: readonly (readonly [string, (builder: GraphBuilder, x: Value) => Value])[] = [
    ['reshape', (b, x) => functions.reshape(b, x, [2, -1])],
    ['slice', (b, x) => functions.slice(b, x, 1, 0, 3)],
    ['expand', (b, x) => functions.expand(b, x, [2, 3])],
    ['pad', (b, x) => functions.pad(b, x, [0, 0, 0, 0])],
    ['cast', (b, x) => functions.cast(b, x, 'float32')],
    ['concat', (b, x) => functions.concat(b, [x], 0)],
    ['reduceSum', (b, x) => functions.reduceSum(b, x, [])],
    ['sumToShape', (b, x) => functions.sumToShape(b, x, [2, 3])],
  ];
  for (const [name, build] of same) {
    test(name, () => {
      const builder = newGraph('g');
      const x = builder.input('x', 'float32', [2, 3]);
      expect(build(builder, x)).toBe(x);
      expect(builder.build().nodes).toEqual([]);
    });
  }
});
