import type { DataType } from '../../src/main/core/ir/types.ts';
import { parseSafetensorsHeader } from '../../src/main/core/safetensors/header.ts';
import { readTensor } from '../../src/main/core/safetensors/read.ts';
import { writeSafetensors } from '../../src/main/core/safetensors/write.ts';

/** Plain JSON beside named arrays: the form in which values lie in the disk cache, as a safetensors file. */
export interface Packed {
  readonly json: unknown;
  readonly arrays: Readonly<Record<string, Float32Array | Uint8Array>>;
}

const EMPTY = '__empty__';

/** JSON and arrays as bytes. */
export function pack({ json, arrays }: Packed): Uint8Array {
  const tensors = Object.entries(arrays).map(([name, data]) => {
    const dtype: DataType = data instanceof Float32Array ? 'float32' : 'uint8';
    return { name, dtype, shape: [data.length], data };
  });
  // safetensors readers differ on files without a tensor; ours always has one.
  return writeSafetensors([...tensors, { name: EMPTY, dtype: 'uint8', shape: [1], data: new Uint8Array(1) }], { json: JSON.stringify(json) });
}

/** What {@link pack} took. @throws AppError when the bytes aren't whole. */
export function unpack(bytes: Uint8Array): Packed {
  const index = parseSafetensorsHeader(bytes, bytes.length, 'cache entry');
  const arrays: Record<string, Float32Array | Uint8Array> = {};
  for (const name of index.tensors.keys()) {
    if (name !== EMPTY) arrays[name] = readTensor(index, name, bytes, 'cache entry').data as Float32Array | Uint8Array;
  }
  return { json: JSON.parse(index.metadata.get('json') ?? 'null') as unknown, arrays };
}
