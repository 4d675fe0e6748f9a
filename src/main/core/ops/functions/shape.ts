import { internalError } from '../../../../contract/errors.ts';
import type { GraphBuilder } from '../../ir/builder.ts';
import type { Shape, Value } from '../../ir/types.ts';
import { elementCount } from '../../ir/tensor.ts';
import { dimension, printShape, sameShape } from '../infer.ts';

/** The dimensions in a new order: `perm[i]` is the input axis that becomes axis i. */
export function transpose(builder: GraphBuilder, x: Value, perm: readonly number[]): Value {
  return builder.op('Transpose', [x], { perm });
}

/** x with its last two axes swapped. */
export function transposeLastTwo(builder: GraphBuilder, x: Value): Value {
  const axes = x.type.shape.map((_, axis) => axis);
  const rank = axes.length;
  return transpose(builder, x, [...axes.slice(0, rank - 2), rank - 1, rank - 2]);
}

/** The same elements in another shape; one dimension may be -1. x itself when the shape is its own. */
export function reshape(builder: GraphBuilder, x: Value, shape: readonly number[]): Value {
  const known = shape.reduce((product, size) => (size === -1 ? product : product * size), 1);
  const full = shape.map((size) => (size === -1 ? elementCount(x.type.shape) / known : size));
  if (elementCount(full) !== elementCount(x.type.shape) || !full.every(Number.isInteger)) {
    throw internalError('ops.reshape', `Reshape of "${x.name}"`, `must keep ${elementCount(x.type.shape)} elements`, { got: `${printShape(x.type.shape)} to ${printShape(shape)}` });
  }
  return sameShape(full, x.type.shape) ? x : builder.op('Reshape', [x, builder.integers(full)]);
}

/** Joins values along an axis; one value alone is returned as it is. */
export function concat(builder: GraphBuilder, values: readonly Value[], axis: number): Value {
  const [first] = values;
  return first !== undefined && values.length === 1 ? first : builder.op('Concat', values, { axis });
}

/** Elements start..end-1 of an axis; negative positions count from the end. x itself when that is everything. */
export function slice(builder: GraphBuilder, x: Value, axis: number, start: number, end: number): Value {
  const front = axis < 0 ? axis + x.type.shape.length : axis;
  const size = dimension(x.type.shape, front);
  const from = start < 0 ? start + size : start;
  const to = end < 0 ? end + size : Math.min(end, size);
  if (from === 0 && to === size) return x;
  return builder.op('Slice', [x, builder.integers([from]), builder.integers([to]), builder.integers([front])]);
}

/** Cuts an axis into parts of the given sizes. */
export function split(builder: GraphBuilder, x: Value, axis: number, sizes: readonly number[]): Value[] {
  return builder.node('Split', [x, builder.integers(sizes)], { axis });
}

/** Picks slices of `data` along an axis: output shape is data's with that axis replaced by the shape of the integer `indices`. */
export function gather(builder: GraphBuilder, data: Value, indices: Value, axis: number): Value {
  return builder.op('Gather', [data, indices], { axis });
}

/** `data` with `updates` added at `indices` [..., depth] (ONNX ScatterND, reduction `add`: repeated positions accumulate). */
export function scatterAdd(builder: GraphBuilder, data: Value, indices: Value, updates: Value): Value {
  return builder.op('ScatterND', [data, indices, updates], { reduction: 'add' });
}

/** x repeated along axes of size 1, to exactly `shape`; x itself when it has that shape. */
export function expand(builder: GraphBuilder, x: Value, shape: Shape): Value {
  return sameShape(shape, x.type.shape) ? x : builder.op('Expand', [x, builder.integers(shape)]);
}

/** x framed by a constant; `pads` holds the counts before every axis, then those after every axis. */
export function pad(builder: GraphBuilder, x: Value, pads: readonly number[]): Value {
  return pads.every((count) => count === 0) ? x : builder.op('Pad', [x, builder.integers(pads)]);
}

/** Zeros of a value's type and shape. */
export function zerosLike(builder: GraphBuilder, like: Value): Value {
  return expand(builder, builder.scalar(0, like.type.dtype === 'float64' ? 'float64' : 'float32'), like.type.shape);
}
