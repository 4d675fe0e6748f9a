import { inputError, internalError } from '../../contract/errors.ts';
import { elementCount, type Tensor } from '../core/ir/tensor.ts';
import type { DataType, Shape, TensorType, TypedArray } from '../core/ir/types.ts';
import type { OrtTensor, OrtTensorConstructor } from './ort.ts';

type ArrayConstructor = new (buffer: ArrayBufferLike, offset: number, length: number) => TypedArray;

/** The array that carries each element type; absent types can't cross into ONNX Runtime's JavaScript API. */
const ARRAYS: Readonly<Partial<Record<DataType, ArrayConstructor>>> = {
  float32: Float32Array, float64: Float64Array, float16: Uint16Array,
  int64: BigInt64Array, int32: Int32Array, int16: Int16Array, int8: Int8Array, uint8: Uint8Array, bool: Uint8Array,
};

function describeType(type: TensorType): string {
  return `${type.dtype} [${type.shape.join(', ')}]`;
}

function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dimension, axis) => dimension === b[axis]);
}

/**
 * Checks one feed against the graph's input of that name.
 * @throws AppError `session.feed` when element type, shape, array class or length differ.
 */
export function checkFeed(where: string, name: string, tensor: Tensor | undefined, expected: TensorType): void {
  const rule = `feed "${name}" must be ${describeType(expected)}`;
  if (tensor === undefined) throw inputError('session.feed', where, rule, { got: 'nothing' });
  if (tensor.dtype !== expected.dtype || !sameShape(tensor.shape, expected.shape)) {
    throw inputError('session.feed', where, rule, { got: describeType(tensor) });
  }
  const array = ARRAYS[tensor.dtype];
  if (array === undefined) {
    throw inputError('session.feed', where, `feed "${name}" must have an element type that ONNX Runtime takes from JavaScript`, { got: tensor.dtype, hint: 'Feed float32 and cast inside the graph' });
  }
  if (!(tensor.data instanceof array) || tensor.data.length !== elementCount(tensor.shape)) {
    throw inputError('session.feed', where, `feed "${name}" must carry ${elementCount(tensor.shape)} elements in a ${array.name}`, {
      got: `${tensor.data.length} in a ${tensor.data.constructor.name}`,
    });
  }
}

/** Checks all feeds of a run: every input is there, and nothing else. */
export function checkFeeds(where: string, feeds: Readonly<Record<string, Tensor>>, inputs: ReadonlyMap<string, TensorType>): void {
  for (const [name, type] of inputs) checkFeed(where, name, feeds[name], type);
  const unknown = Object.keys(feeds).filter((name) => !inputs.has(name));
  if (unknown.length > 0) {
    throw inputError('session.feed', where, `feeds must be inputs of the graph (${[...inputs.keys()].join(', ')})`, { got: unknown.join(', ') });
  }
}

/** Wraps a checked feed for ONNX Runtime; the elements aren't copied. */
export function toOrtTensor(constructor: OrtTensorConstructor, tensor: Tensor): OrtTensor {
  const { dtype, data, shape } = tensor;
  // The class has one overload per element type; ARRAYS has already matched type and array.
  const make = constructor as new (type: string, data: TypedArray, dims: readonly number[]) => OrtTensor;
  return new make(dtype, data, shape);
}

/** Copies an output into memory of our own, so that it outlives the native buffer. */
export function fromOrtTensor(where: string, name: string, tensor: OrtTensor): Tensor {
  const dtype = tensor.type as DataType;
  const array = ARRAYS[dtype];
  if (array === undefined) throw internalError('session.output', where, `output "${name}" has an element type that the program can't carry`, { got: tensor.type });
  // Newer engines hand out float16 as Float16Array: only its bits matter here.
  const data = tensor.data as unknown as { readonly buffer: ArrayBufferLike; readonly byteOffset: number; readonly length: number };
  return { dtype, shape: [...tensor.dims], data: new array(data.buffer, data.byteOffset, data.length).slice() };
}
