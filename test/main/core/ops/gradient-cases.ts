import type { CheckedInput } from '../../../../src/main/core/autodiff/check-grads.ts';
import type { GraphBuilder } from '../../../../src/main/core/ir/builder.ts';
import type { Shape, Value } from '../../../../src/main/core/ir/types.ts';
import * as functions from '../../../../src/main/core/ops/functions.ts';

type Build = (builder: GraphBuilder, ...inputs: Value[]) => Value;

/** One function whose gradient is checked; `op` is the record that the case covers, `Name` or `domain::Name`. */
export interface GradientCase {
  readonly op: string;
  /** What sets it apart from the op's other cases. */
  readonly title: string;
  readonly inputs: readonly CheckedInput[];
  readonly build: Build;
  /** float32 where ONNX Runtime has no double kernel on the CPU. */
  readonly dtype: 'float32' | 'float64';
  /** 2: the gradient itself is differentiated too. */
  readonly order: 1 | 2;
}

type Options = Partial<Pick<GradientCase, 'dtype' | 'order'>>;

/** A case: `gradCase('Sqrt', 'positive', [{ shape: [3, 4], low: 0.1, high: 4 }], functions.sqrt)`. */
function gradCase(op: string, title: string, inputs: readonly (CheckedInput | Shape)[], build: Build, options: Options = {}): GradientCase {
  const { dtype = 'float64', order = 1 } = options;
  return { op, title, inputs: inputs.map((input) => ('shape' in input ? input : { shape: input })), build, dtype, order };
}

const single = { dtype: 'float32' } as const;
const smooth = { order: 2 } as const;
const positive = (shape: Shape): CheckedInput => ({ shape, low: 0.3, high: 2 });
const spread = (shape: Shape): CheckedInput => ({ shape, low: -2, high: 2 });
const fixed = (shape: Shape): CheckedInput => ({ shape, fixed: true });

/** Shapes of two inputs that broadcast with each other, as in ONNX's own documentation of it. */
const BROADCAST_PAIRS: readonly (readonly [Shape, Shape])[] = [
  [[2, 3, 4], [2, 3, 4]], [[2, 3, 4], []], [[], [2, 3]], [[2, 3, 4], [4]], [[4], [2, 3, 4]], [[2, 3, 4], [3, 1]], [[1, 3, 1], [2, 1, 4]], [[1], [2, 2]],
];

function binaryCases(op: string, build: Build, input: (shape: Shape) => CheckedInput): GradientCase[] {
  return BROADCAST_PAIRS.map(([x, y]) => gradCase(op, `${JSON.stringify(x)} and ${JSON.stringify(y)}`, [input(x), input(y)], build, smooth));
}

const clear = (shape: Shape): CheckedInput => ({ shape, low: -2, high: 2, clearOfZero: 0.3 });

const elementwise: readonly GradientCase[] = [
  ...binaryCases('Add', functions.add, clear),
  ...binaryCases('Sub', functions.sub, clear),
  ...binaryCases('Mul', functions.mul, clear),
  ...binaryCases('Div', functions.div, clear),
  ...binaryCases('Pow', functions.pow, positive),
  gradCase('Mul', 'a value with itself', [[3, 4]], (b, x) => functions.mul(b, x, x), smooth),
  gradCase('Pow', 'square of negative numbers', [clear([3, 4])], (b, x) => functions.pow(b, x, functions.scalarLike(b, x, 2)), smooth),
  gradCase('Neg', 'any', [[3, 4]], functions.neg),
  gradCase('Identity', 'any', [[3, 4]], functions.identity),
  gradCase('Abs', 'away from 0', [clear([3, 4])], functions.abs),
  gradCase('Sqrt', 'positive', [positive([3, 4])], functions.sqrt, smooth),
  gradCase('Reciprocal', 'away from 0', [positive([3, 4])], functions.reciprocal, smooth),
  gradCase('Exp', 'any', [[3, 4]], functions.exp, smooth),
  gradCase('Log', 'positive', [positive([3, 4])], functions.log, smooth),
  gradCase('Sin', 'any', [{ shape: [3, 4], low: -4, high: 4 }], functions.sin, smooth),
  gradCase('Cos', 'any', [{ shape: [3, 4], low: -4, high: 4 }], functions.cos, smooth),
  gradCase('Tanh', 'any', [{ shape: [3, 4], low: -2, high: 2 }], functions.tanh, smooth),
  gradCase('Sigmoid', 'any', [{ shape: [3, 4], low: -3, high: 3 }], functions.sigmoid, smooth),
  gradCase('Erf', 'any', [{ shape: [3, 4], low: -2, high: 2 }], functions.erf, { ...single, ...smooth }),
  gradCase('Gelu', 'exact', [{ shape: [3, 4], low: -3, high: 3 }], (b, x) => functions.gelu(b, x), single),
  gradCase('Gelu', 'tanh', [{ shape: [3, 4], low: -3, high: 3 }], (b, x) => functions.gelu(b, x, 'tanh'), single),
  // float32: ONNX Runtime fuses the lowered form into QuickGelu whatever the type, and has no double kernel for that.
  gradCase('engram::Swish', 'SiLU', [{ shape: [3, 4], low: -3, high: 3 }], functions.silu, { ...single, ...smooth }),
  gradCase('engram::Swish', 'quick GELU', [{ shape: [3, 4], low: -3, high: 3 }], functions.quickGelu, { ...single, ...smooth }),
  gradCase('engram::GatedGelu', 'exact', [{ shape: [3, 8], low: -3, high: 3 }], (b, x) => functions.geglu(b, x), single),
  gradCase('engram::GatedGelu', 'tanh', [{ shape: [3, 8], low: -3, high: 3 }], (b, x) => functions.geglu(b, x, 'tanh'), single),
  gradCase('engram::GatedGelu', 'two values', [spread([3, 4]), spread([3, 4])], (b, x, y) => functions.gatedGelu(b, x, y, 'tanh'), single),
  gradCase('Clip', 'both bounds', [clear([5, 8])], (b, x) => functions.clip(b, functions.addScalar(b, x, 0.003), -1.01, 1.01)),
  gradCase('Clip', 'lower bound', [clear([5, 8])], (b, x) => functions.clip(b, x, 0)),
  gradCase('Clip', 'upper bound', [clear([5, 8])], (b, x) => functions.clip(b, x, undefined, 0)),
  gradCase('Where', 'broadcast', [fixed([4, 5]), [5], [4, 1]], (b, c, x, y) => functions.where(b, functions.greater(b, c, functions.scalarLike(b, c, 0)), functions.mul(b, x, x), y)),
  gradCase('Cast', 'to float32 and back', [[3, 4]], (b, x) => functions.cast(b, functions.mul(b, functions.cast(b, x, 'float64'), functions.cast(b, x, 'float64')), 'float32'), single),
];

const shapes: readonly GradientCase[] = [
  gradCase('Transpose', 'a cycle of three axes', [[2, 3, 4]], (b, x) => functions.transpose(b, x, [1, 2, 0])),
  gradCase('Transpose', 'four axes', [[2, 3, 4, 5]], (b, x) => functions.transpose(b, x, [0, 2, 3, 1])),
  gradCase('Reshape', 'any', [[2, 3, 4]], (b, x) => functions.reshape(b, x, [4, -1])),
  gradCase('Concat', 'three parts', [[2, 3], [2, 1], [2, 4]], (b, ...parts) => functions.concat(b, parts, 1)),
  gradCase('Concat', 'negative axis, a part twice', [[2, 3], [2, 1]], (b, x, y) => functions.concat(b, [x, y, x], -1)),
  gradCase('Slice', 'the middle', [[3, 6, 2]], (b, x) => functions.slice(b, x, 1, 2, 5)),
  gradCase('Slice', 'from the end', [[3, 6]], (b, x) => functions.slice(b, x, -1, -2, 6)),
  gradCase('Split', 'all parts used', [[2, 6]], (b, x) => functions.concat(b, functions.split(b, x, 1, [1, 3, 2]).reverse(), 1)),
  gradCase('Split', 'one part used', [[2, 6]], (b, x) => functions.split(b, x, -1, [1, 3, 2])[1] as Value),
  gradCase('Gather', 'rows, some twice', [[5, 3]], (b, x) => functions.gather(b, x, b.constant(BigInt64Array.of(0n, 4n, 4n, 2n, -1n, 1n), 'int64', [2, 3]), 0)),
  gradCase('Gather', 'a middle axis', [[2, 5, 3]], (b, x) => functions.gather(b, x, b.constant(Int32Array.of(4, 0, 4), 'int32', [3]), 1)),
  gradCase('Expand', 'new and repeated axes', [[3, 1]], (b, x) => functions.expand(b, x, [2, 3, 4])),
  gradCase('Pad', 'both ends', [[2, 3]], (b, x) => functions.pad(b, x, [1, 0, 0, 2])),
  gradCase('ReduceSum', 'kept', [[2, 3, 4]], (b, x) => functions.reduceSum(b, functions.mul(b, x, x), [0, 2])),
  gradCase('ReduceSum', 'dropped, negative axis', [[2, 3, 4]], (b, x) => functions.reduceSum(b, functions.mul(b, x, x), [-2], false)),
  gradCase('ReduceMean', 'kept', [[2, 3, 4]], (b, x) => functions.reduceMean(b, functions.mul(b, x, x), [1])),
  gradCase('ReduceMean', 'everything', [[2, 3, 4]], (b, x) => functions.meanOfAll(b, functions.mul(b, x, x)), smooth),
];

const convShape = (title: string, x: Shape, w: Shape, options: functions.ConvOptions): GradientCase =>
  gradCase('Conv', title, [x, w, [w[0] ?? 0]], (b, input, weight, bias) => functions.conv(b, input, weight, bias, options), single);
const convTransposeShape = (title: string, x: Shape, w: Shape, channels: number, options: functions.ConvTransposeOptions): GradientCase =>
  gradCase('ConvTranspose', title, [x, w, [channels]], (b, input, weight, bias) => functions.convTranspose(b, input, weight, bias, options), single);

const linear: readonly GradientCase[] = [
  gradCase('MatMul', 'matrices', [[3, 4], [4, 2]], functions.matMul, smooth),
  gradCase('MatMul', 'batches', [[2, 3, 4], [2, 4, 2]], functions.matMul),
  gradCase('MatMul', 'broadcast batches', [[2, 1, 3, 4], [5, 4, 2]], functions.matMul),
  gradCase('MatMul', 'a matrix for all batches', [[2, 3, 4], [4, 2]], functions.matMul),
  ...[[0, 0], [0, 1], [1, 0], [1, 1]].map(([transA, transB]) => gradCase(
    'Gemm', `transA ${transA}, transB ${transB}`, [transA === 1 ? [4, 3] : [3, 4], transB === 1 ? [2, 4] : [4, 2], [2]],
    (b, x, w, bias) => functions.gemm(b, x, w, bias, { transA: transA === 1 ? 1 : 0, transB: transB === 1 ? 1 : 0, alpha: 0.7 }), smooth,
  )),
  gradCase('Gemm', 'a linear layer', [[2, 3, 4], [5, 4], [5]], functions.linear),
  convShape('3x3, same size', [2, 3, 5, 4], [4, 3, 3, 3], { pads: [1, 1, 1, 1] }),
  convShape('1x1', [2, 3, 4, 4], [4, 3, 1, 1], {}),
  convShape('stride 2, even size', [1, 2, 6, 8], [3, 2, 3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }),
  convShape('stride 2, odd size', [1, 2, 7, 5], [3, 2, 3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }),
  convShape('stride 2, padded below and right', [1, 2, 6, 6], [3, 2, 3, 3], { strides: [2, 2], pads: [0, 0, 1, 1] }),
  convShape('dilated', [1, 2, 7, 7], [2, 2, 3, 3], { dilations: [2, 2], pads: [1, 2, 0, 1] }),
  convShape('grouped', [2, 4, 5, 5], [6, 2, 3, 3], { group: 2, pads: [1, 1, 1, 1] }),
  convShape('stride 3 that leaves columns over', [1, 1, 7, 8], [2, 1, 2, 2], { strides: [3, 3] }),
  convShape('one axis', [2, 3, 6], [2, 3, 3], { pads: [1, 1], strides: [2] }),
  convTransposeShape('stride 1', [1, 3, 4, 4], [3, 2, 3, 3], 2, { pads: [1, 1, 1, 1] }),
  convTransposeShape('stride 2 with output padding', [2, 3, 3, 4], [3, 2, 3, 3], 2, { strides: [2, 2], pads: [1, 1, 1, 1], outputPadding: [1, 0] }),
  convTransposeShape('grouped', [1, 4, 3, 3], [4, 3, 2, 2], 6, { group: 2, strides: [2, 2] }),
  gradCase('Resize', 'nearest, twice', [[1, 2, 3, 2]], functions.resizeNearest2x, single),
];

// 0.625 is exact in single precision: ONNX Runtime keeps a factor that it fuses into MatMul as a float, even between doubles.
const attention = (heads: number, mask: boolean): Build => (b, q, k, v, m) => functions.attention(b, q, k, v, { heads, scale: 0.625 }, mask ? m : undefined);
const grouped: Build = (b, x, w, bias) => functions.groupNorm(b, x, 2, w, bias, 1e-5);

const layers: readonly GradientCase[] = [
  gradCase('Softmax', 'last axis', [spread([3, 5])], (b, x) => functions.softmax(b, x, -1), smooth),
  gradCase('Softmax', 'middle axis', [spread([2, 4, 3])], (b, x) => functions.softmax(b, x, 1)),
  gradCase('LayerNormalization', 'with bias', [spread([2, 3, 6]), [6], [6]], (b, x, w, bias) => functions.layerNorm(b, x, w, bias, 1e-5)),
  gradCase('LayerNormalization', 'without bias, large epsilon', [spread([3, 6]), [6]], (b, x, w) => functions.layerNorm(b, x, w, undefined, 0.5)),
  gradCase('LayerNormalization', 'two axes', [spread([3, 2, 4]), [2, 4], [2, 4]], (b, x, w, bias) => functions.layerNorm(b, x, w, bias, 1e-3)),
  gradCase('LayerNormalization', 'of weight 1', [spread([3, 6])], (b, x) => functions.layerNorm(b, x, b.filled(1, [6], 'float64'), undefined, 1e-3)),
  gradCase('SimplifiedLayerNormalization', 'tokens', [spread([2, 3, 6]), [6]], (b, x, w) => functions.rmsNorm(b, x, w, 1e-6)),
  gradCase('SimplifiedLayerNormalization', 'per head, large epsilon', [spread([2, 2, 3, 4]), [4]], (b, x, w) => functions.rmsNorm(b, x, w, 0.5)),
  gradCase('SimplifiedLayerNormalization', 'of weight 1', [spread([3, 6])], (b, x) => functions.rmsNorm(b, x, b.filled(1, [6], 'float64'), 1e-3)),
  gradCase('InstanceNormalization', 'images', [spread([2, 3, 4, 5]), [3], [3]], (b, x, w, bias) => functions.instanceNorm(b, x, w, bias, 1e-5), single),
  gradCase('InstanceNormalization', 'as group norm', [spread([2, 6, 3, 2]), [6], [6]], grouped, single),
  gradCase('engram::Attention', 'self-attention', [spread([2, 5, 6]), spread([2, 5, 6]), spread([2, 5, 6])], attention(2, false)),
  gradCase('engram::Attention', 'cross-attention', [spread([2, 7, 6]), spread([2, 3, 6]), spread([2, 3, 6])], attention(3, false)),
  gradCase('engram::Attention', 'one value for all three', [spread([1, 5, 6])], (b, x) => attention(2, false)(b, x, x, x)),
  gradCase('engram::Attention', 'values of another width', [spread([2, 3, 4]), spread([2, 5, 4]), spread([2, 5, 6])], attention(2, false)),
  gradCase('engram::Attention', 'masked', [spread([2, 5, 6]), spread([2, 5, 6]), spread([2, 5, 6]), fixed([5, 5])], attention(2, true)),
  gradCase('engram::Attention', 'a bias per head and pair', [spread([2, 4, 6]), spread([2, 4, 6]), spread([2, 4, 6]), fixed([1, 2, 4, 4])], attention(2, true)),
  gradCase('engram::Attention', 'mask per key', [spread([2, 5, 6]), spread([2, 4, 6]), spread([2, 4, 6]), fixed([2, 1, 1, 4])], attention(2, true)),
];

/** All cases, one line each. */
export const GRADIENT_CASES: readonly GradientCase[] = [...elementwise, ...shapes, ...linear, ...layers];
