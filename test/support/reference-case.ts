import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { floatTensor, type FloatTensor, type Tensor } from '../../src/main/core/ir/tensor.ts';
import { parseSafetensorsHeader } from '../../src/main/core/safetensors/header.ts';
import { readTensor } from '../../src/main/core/safetensors/read.ts';

/** Where the fixtures lie that Python's reference implementations made. */
export const REFERENCE = join(import.meta.dirname, '../fixtures/reference');

export interface ReferenceCase {
  readonly folder: string;
  readonly info: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly outputs: Readonly<Record<string, Tensor>>;
}

/** Reads `case.json`, `inputs.safetensors` and `outputs.safetensors` of one case folder. */
export function readCase(...path: string[]): ReferenceCase {
  const folder = join(REFERENCE, ...path);
  return {
    folder,
    info: JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as Record<string, unknown>,
    inputs: readTensors(join(folder, 'inputs.safetensors')),
    outputs: readTensors(join(folder, 'outputs.safetensors')),
  };
}

/** A tensor that the case must have. */
export function tensorOf(tensors: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`Reference case: no tensor "${name}" among ${Object.keys(tensors).join(', ')}`);
  return tensor;
}

/** Any numeric tensor as float32; a single number is repeated `count` times when that is given. */
export function asFloats(tensor: Tensor, count?: number): FloatTensor {
  const values = Float32Array.from(tensor.data as Float32Array | BigInt64Array, Number);
  if (count === undefined || values.length === count) return floatTensor(values, tensor.shape);
  return floatTensor(new Float32Array(count).fill(values[0]!), [count]);
}

/** max |actual - expected| / max |expected|, the measure of parity; NaN anywhere gives NaN. Shapes must be equal. */
export function relativeMaximum(actual: Tensor | undefined, expected: Tensor): number {
  const [got, wanted] = pair(actual, expected);
  let difference = 0;
  let size = 0;
  for (let index = 0; index < wanted.length; index += 1) {
    difference = Math.max(difference, Math.abs(got[index]! - wanted[index]!));
    size = Math.max(size, Math.abs(wanted[index]!));
  }
  return difference / size;
}

/** ||actual - expected|| / ||expected||, the measure of gradients; NaN anywhere gives NaN. Shapes must be equal. */
export function relativeL2(actual: Tensor | undefined, expected: Tensor): number {
  const [got, wanted] = pair(actual, expected);
  let difference = 0;
  let size = 0;
  for (let index = 0; index < wanted.length; index += 1) {
    difference += (got[index]! - wanted[index]!) ** 2;
    size += wanted[index]! ** 2;
  }
  return Math.sqrt(difference / size);
}

function pair(actual: Tensor | undefined, expected: Tensor): [Float32Array, Float32Array] {
  if (actual === undefined) throw new Error('Comparison: the value is missing');
  if (actual.shape.join() !== expected.shape.join()) throw new Error(`Comparison: shape must be [${expected.shape.join(', ')}], got [${actual.shape.join(', ')}]`);
  return [actual.data as Float32Array, expected.data as Float32Array];
}

/** Every tensor of a safetensors file, by name. */
export function readTensors(path: string): Record<string, Tensor> {
  const bytes = new Uint8Array(readFileSync(path));
  const index = parseSafetensorsHeader(bytes, bytes.length, path);
  return Object.fromEntries([...index.tensors.keys()].map((name) => [name, readTensor(index, name, bytes, path)]));
}
