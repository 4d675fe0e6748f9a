import type { DataType, Shape } from '../ir/types.ts';

/** One tensor of a safetensors file. `offset` counts from the start of the file, so that it can go straight into an external initializer. */
export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: DataType;
  readonly shape: Shape;
  readonly offset: number;
  readonly length: number;
}

/** The checked header of a safetensors file. */
export interface SafetensorsIndex {
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly headerLength: number;
  readonly fileLength: number;
}
