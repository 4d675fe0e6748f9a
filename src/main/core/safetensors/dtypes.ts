import type { DataType, TypedArray } from '../ir/types.ts';

/** How one element type is written in a safetensors file. */
export interface StoredType {
  /** Name in the header: `F32`. */
  readonly stored: string;
  readonly dtype: DataType;
  /** Bytes per element, which is also the alignment. */
  readonly size: number;
  /** Position in the order that the reference writer sorts by (later ones are written first). */
  readonly rank: number;
}

/** The element types that the program knows, in the order of the reference implementation's own enumeration. */
export const STORED_TYPES: readonly StoredType[] = [
  { stored: 'BOOL', dtype: 'bool', size: 1, rank: 0 },
  { stored: 'U8', dtype: 'uint8', size: 1, rank: 1 },
  { stored: 'I8', dtype: 'int8', size: 1, rank: 2 },
  { stored: 'I16', dtype: 'int16', size: 2, rank: 3 },
  { stored: 'F16', dtype: 'float16', size: 2, rank: 4 },
  { stored: 'BF16', dtype: 'bfloat16', size: 2, rank: 5 },
  { stored: 'I32', dtype: 'int32', size: 4, rank: 6 },
  { stored: 'F32', dtype: 'float32', size: 4, rank: 7 },
  { stored: 'F64', dtype: 'float64', size: 8, rank: 8 },
  { stored: 'I64', dtype: 'int64', size: 8, rank: 9 },
];

const BY_NAME: ReadonlyMap<string, StoredType> = new Map(STORED_TYPES.map((type) => [type.stored, type]));
const BY_DTYPE: ReadonlyMap<DataType, StoredType> = new Map(STORED_TYPES.map((type) => [type.dtype, type]));

/** The type of a header's dtype name, or undefined when the program can't read it (`F8_E4M3`). */
export function storedTypeByName(name: string): StoredType | undefined {
  return BY_NAME.get(name);
}

/** How an element type is stored. Every {@link DataType} has a name in the format. */
export function storedTypeOf(dtype: DataType): StoredType {
  const type = BY_DTYPE.get(dtype);
  if (type === undefined) throw new RangeError(`safetensors: no stored type for ${dtype}`);
  return type;
}

/** A typed array over little-endian bytes, copied so that it is aligned. `bytes` holds a whole number of elements. */
export function typedArrayFromBytes(dtype: DataType, bytes: Uint8Array): TypedArray {
  // Not slice(): a Node Buffer overrides it with a view of its whole pool.
  const { buffer } = new Uint8Array(bytes);
  switch (dtype) {
    case 'float32': return new Float32Array(buffer);
    case 'float64': return new Float64Array(buffer);
    case 'int64': return new BigInt64Array(buffer);
    case 'int32': return new Int32Array(buffer);
    case 'int16': return new Int16Array(buffer);
    case 'int8': return new Int8Array(buffer);
    case 'float16':
    case 'bfloat16': return new Uint16Array(buffer);
    case 'uint8':
    case 'bool': return new Uint8Array(buffer);
  }
}
