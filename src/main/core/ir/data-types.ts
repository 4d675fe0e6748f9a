import type { DataType } from './types.ts';

/** The numbers of ONNX's `TensorProto.DataType`. */
export const DATA_TYPE_CODES: Readonly<Record<DataType, number>> = {
  float32: 1, uint8: 2, int8: 3, int16: 5, int32: 6, int64: 7, bool: 9, float16: 10, float64: 11, bfloat16: 16,
};

/** Bytes of one element. */
export const DATA_TYPE_BYTES: Readonly<Record<DataType, number>> = {
  float32: 4, uint8: 1, int8: 1, int16: 2, int32: 4, int64: 8, bool: 1, float16: 2, float64: 8, bfloat16: 2,
};

/** The element type of a code, or undefined for a code that this program doesn't know. */
export function dataTypeOfCode(code: number): DataType | undefined {
  return (Object.keys(DATA_TYPE_CODES) as DataType[]).find((dtype) => DATA_TYPE_CODES[dtype] === code);
}

/** True for the types that a gradient can have. */
export function isDifferentiable(dtype: DataType): boolean {
  return dtype === 'float32' || dtype === 'float64' || dtype === 'float16' || dtype === 'bfloat16';
}
