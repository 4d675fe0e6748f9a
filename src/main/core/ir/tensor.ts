import type { DataType, Shape, TypedArray } from './types.ts';

/** A tensor outside the graph: what is fed to a session and what comes out. Row-major, contiguous. float16 and bfloat16 are carried as Uint16Array bits. */
export interface Tensor {
  readonly dtype: DataType;
  readonly shape: Shape;
  readonly data: TypedArray;
}

export interface FloatTensor extends Tensor {
  readonly dtype: 'float32';
  readonly data: Float32Array;
}

/** The number of elements of a shape; 1 for a scalar. */
export function elementCount(shape: Shape): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** A float32 tensor over the given data (not copied). Throws when the length doesn't fit the shape. */
export function floatTensor(data: Float32Array, shape: Shape): FloatTensor {
  if (data.length !== elementCount(shape)) {
    throw new RangeError(`Tensor: data of shape [${shape.join(', ')}] must have ${elementCount(shape)} elements, got ${data.length}`);
  }
  return { dtype: 'float32', shape, data };
}

/** An int64 tensor from plain integers. */
export function int64Tensor(values: readonly number[], shape: Shape): Tensor {
  const data = BigInt64Array.from(values, (value) => BigInt(value));
  if (data.length !== elementCount(shape)) {
    throw new RangeError(`Tensor: data of shape [${shape.join(', ')}] must have ${elementCount(shape)} elements, got ${data.length}`);
  }
  return { dtype: 'int64', shape, data };
}
