import { inputError } from '../../../contract/errors.ts';
import type { FloatTensor, Tensor } from '../ir/tensor.ts';
import { printable } from '../printable.ts';
import { typedArrayFromBytes } from './dtypes.ts';
import { bfloat16ToFloat32, float16ToFloat32 } from './half.ts';
import type { SafetensorsEntry, SafetensorsIndex } from './header.ts';

/**
 * One tensor of a file that is in memory as a whole. The data are copied.
 * @throws AppError when the file has no such tensor or the bytes are fewer than the index says.
 */
export function readTensor(index: SafetensorsIndex, name: string, fileBytes: Uint8Array, label: string): Tensor {
  const entry = index.tensors.get(name);
  if (entry === undefined) {
    throw inputError('safetensors.missing', label, `must have a tensor ${printable(name)}`, { got: namesOf(index) });
  }
  return readEntryBytes(entry, fileBytes.subarray(entry.offset, entry.offset + entry.length), label);
}

/**
 * One tensor from exactly its own bytes, as read at `entry.offset`. The data are copied.
 * @throws AppError when there are fewer or more bytes than `entry.length`.
 */
export function readEntryBytes(entry: SafetensorsEntry, bytes: Uint8Array, label: string): Tensor {
  if (bytes.length !== entry.length) {
    throw inputError('safetensors.truncated', `${label} tensor ${printable(entry.name)}`, `must have ${entry.length} bytes`, { got: String(bytes.length) });
  }
  return { dtype: entry.dtype, shape: entry.shape, data: typedArrayFromBytes(entry.dtype, bytes) };
}

/**
 * A floating-point tensor as float32: float16 and bfloat16 exactly, float64 rounded; float32 is returned as it is.
 * @param where What to call the tensor in messages.
 * @throws AppError for integers and booleans.
 */
export function toFloat32(tensor: Tensor, where: string): FloatTensor {
  const { dtype, shape, data } = tensor;
  switch (dtype) {
    case 'float32': return { dtype, shape, data: data as Float32Array };
    case 'float16': return { dtype: 'float32', shape, data: float16ToFloat32(data as Uint16Array) };
    case 'bfloat16': return { dtype: 'float32', shape, data: bfloat16ToFloat32(data as Uint16Array) };
    case 'float64': return { dtype: 'float32', shape, data: Float32Array.from(data as Float64Array) };
    default: throw inputError('safetensors.not-float', where, 'must hold floating-point numbers', { got: dtype });
  }
}

function namesOf(index: SafetensorsIndex): string {
  const names = [...index.tensors.keys()];
  return names.length === 0 ? 'no tensors' : printable(names.slice(0, 8));
}
