import type { GraphBuilder } from '../../../../src/main/core/ir/builder.ts';
import type { Value } from '../../../../src/main/core/ir/types.ts';
import * as functions from '../../../../src/main/core/ops/functions.ts';

/** Attributes of a case as the fixture's generator wrote them. */
type Attributes = Readonly<Record<string, unknown>>;
type Build = (builder: GraphBuilder, inputs: readonly Value[], attributes: Attributes) => Value;

/** Everything that a case of the fixture may hold. A number or list that is missing shows as NaN or undefined in the graph's error. */
const number = (attributes: Attributes, name: string): number => Number(attributes[name]);
const list = (attributes: Attributes, name: string): number[] => attributes[name] as number[];

function unary(build: (builder: GraphBuilder, x: Value) => Value): Build {
  return (builder, [x]) => build(builder, x as Value);
}

function binary(build: (builder: GraphBuilder, x: Value, y: Value) => Value): Build {
  return (builder, [x, y]) => build(builder, x as Value, y as Value);
}

const convOptions = (attributes: Attributes): functions.ConvOptions => ({
  strides: list(attributes, 'strides'), pads: list(attributes, 'pads'), dilations: list(attributes, 'dilations'), group: number(attributes, 'group'),
});

/** -1e9 above the diagonal: far enough below every score that softmax gives exactly 0 there. */
function causalMask(builder: GraphBuilder, tokens: number): Value {
  const data = Float32Array.from({ length: tokens * tokens }, (_, index) => (index % tokens > Math.floor(index / tokens) ? -1e9 : 0));
  return builder.constant(data, 'float32', [tokens, tokens], 'causal');
}

function attention(builder: GraphBuilder, inputs: readonly Value[], attributes: Attributes): Value {
  const [query, key, value] = inputs as [Value, Value, Value];
  const heads = number(attributes, 'num_heads');
  const [, tokens, width] = query.type.shape as [number, number, number];
  const scale = (attributes['scale'] as number | null) ?? 1 / Math.sqrt(width / heads);
  const bias = attributes['bias'] as number[] | undefined;
  if (bias !== undefined) return functions.attention(builder, query, key, value, { heads, scale }, builder.constant(Float32Array.from(bias), 'float32', [1, heads, tokens, tokens], 'bias'));
  return functions.attention(builder, query, key, value, { heads, scale }, attributes['causal'] === true ? causalMask(builder, tokens) : undefined);
}

function slice(builder: GraphBuilder, [x]: readonly Value[], attributes: Attributes): Value {
  const steps = list(attributes, 'steps');
  if (steps.some((step) => step !== 1)) throw new Error('slice has no steps');
  return list(attributes, 'axes').reduce((value, axis, index) => functions.slice(builder, value, axis, list(attributes, 'starts')[index] ?? 0, list(attributes, 'ends')[index] ?? 0), x as Value);
}

/** Nearest to any size up to twice the input's: doubled, then cut; the positions floor(i n / m) are the same for m = 2 n and m = 2 n - 1. */
function resize(builder: GraphBuilder, [x]: readonly Value[], attributes: Attributes): Value {
  const double = functions.resizeNearest2x(builder, x as Value);
  const sizes = (attributes['sizes'] as number[] | undefined) ?? double.type.shape;
  return sizes.reduce((value, size, axis) => functions.slice(builder, value, axis, 0, size), double);
}

/** How each op of the fixture is written with the public functions. */
export const TORCH_BUILDS: Readonly<Record<string, Build>> = {
  Add: binary(functions.add), Sub: binary(functions.sub), Mul: binary(functions.mul), Div: binary(functions.div),
  Pow: (builder, [x, y], attributes) => functions.pow(builder, x as Value, y ?? builder.scalar(number(attributes, 'exponent'))),
  Exp: unary(functions.exp), Log: unary(functions.log), Sqrt: unary(functions.sqrt), Reciprocal: unary(functions.reciprocal), Neg: unary(functions.neg), Abs: unary(functions.abs),
  Sin: unary(functions.sin), Cos: unary(functions.cos), Tanh: unary(functions.tanh), Sigmoid: unary(functions.sigmoid), Erf: unary(functions.erf),
  Silu: unary(functions.silu), QuickGelu: unary(functions.quickGelu), GeGlu: unary((builder, x) => functions.geglu(builder, x)),
  Gelu: (builder, [x], attributes) => functions.gelu(builder, x as Value, attributes['approximate'] as 'none' | 'tanh'),
  Clip: (builder, [x], attributes) => functions.clip(builder, x as Value, number(attributes, 'min'), number(attributes, 'max')),
  MeanSquaredError: binary((builder, x, y) => {
    const difference = functions.sub(builder, x, y);
    return functions.meanOfAll(builder, functions.mul(builder, difference, difference));
  }),
  MatMul: binary(functions.matMul),
  Gemm: (builder, [a, b, c], attributes) => {
    const options = { transA: number(attributes, 'transA') as 0 | 1, transB: number(attributes, 'transB') as 0 | 1, alpha: number(attributes, 'alpha') };
    return functions.gemm(builder, a as Value, b as Value, functions.scale(builder, c as Value, number(attributes, 'beta')), options);
  },
  Softmax: (builder, [x], attributes) => functions.softmax(builder, x as Value, number(attributes, 'axis')),
  LayerNormalization: (builder, [x, weight, bias], attributes) => functions.layerNorm(builder, x as Value, weight as Value, bias, number(attributes, 'epsilon')),
  RMSNormalization: (builder, [x, weight], attributes) => functions.rmsNorm(builder, x as Value, weight as Value, number(attributes, 'epsilon')),
  GatedGelu: (builder, [hidden, gate], attributes) => functions.gatedGelu(builder, hidden as Value, gate as Value, attributes['approximate'] as 'none' | 'tanh'),
  InstanceNormalization: (builder, [x, weight, bias], attributes) => functions.instanceNorm(builder, x as Value, weight as Value, bias as Value, number(attributes, 'epsilon')),
  GroupNormalization: (builder, [x, weight, bias], attributes) => functions.groupNorm(builder, x as Value, number(attributes, 'num_groups'), weight as Value, bias as Value, number(attributes, 'epsilon')),
  Concat: (builder, inputs, attributes) => functions.concat(builder, inputs, number(attributes, 'axis')),
  Split: (builder, [x], attributes) => functions.split(builder, x as Value, number(attributes, 'axis'), list(attributes, 'split'))[number(attributes, 'output')] as Value,
  Slice: slice,
  Gather: (builder, [x], attributes) => {
    const ids = attributes['indices'] as number[][];
    const indices = builder.constant(BigInt64Array.from(ids.flat(), BigInt), 'int64', [ids.length, ids[0]?.length ?? 0], 'indices');
    return functions.gather(builder, x as Value, indices, number(attributes, 'axis'));
  },
  Transpose: (builder, [x], attributes) => functions.transpose(builder, x as Value, list(attributes, 'perm')),
  Reshape: (builder, [x], attributes) => functions.reshape(builder, x as Value, list(attributes, 'shape')),
  Expand: (builder, [x], attributes) => functions.expand(builder, x as Value, list(attributes, 'shape')),
  ReduceMean: (builder, [x], attributes) => functions.reduceMean(builder, x as Value, list(attributes, 'axes'), attributes['keepdims'] === 1),
  ReduceSum: (builder, [x], attributes) => functions.reduceSum(builder, x as Value, list(attributes, 'axes'), attributes['keepdims'] === 1),
  Conv: (builder, [x, weight, bias], attributes) => functions.conv(builder, x as Value, weight as Value, bias, convOptions(attributes)),
  ConvTranspose: (builder, [x, weight, bias], attributes) => functions.convTranspose(builder, x as Value, weight as Value, bias, { ...convOptions(attributes), outputPadding: list(attributes, 'output_padding') }),
  Resize: resize,
  Pad: (builder, [x], attributes) => functions.pad(builder, x as Value, list(attributes, 'pads')),
  Attention: attention,
};

/** Cases that the public functions don't offer, with what they say: no backbone needs vectors in matMul or steps in slice. */
export const NOT_OFFERED: Readonly<Record<string, string>> = {
  'matmul-5': 'input 0 must have rank 2..8, got [4]',
  'matmul-6': 'input 1 must have rank 2..8, got [4]',
  'matmul-7': 'input 0 must have rank 2..8, got [4]',
  'slice-steps': 'slice has no steps',
};
