import { readFileSync } from 'node:fs';
import { parseSafetensorsHeader } from '../../src/main/core/safetensors/header.ts';
import { readTensor } from '../../src/main/core/safetensors/read.ts';

/** All tensors of a fixture as float32 (integers too: those of the fixtures that use this are small). */
export function readReferenceTensors(url: URL): Map<string, Float32Array> {
  const bytes = readFileSync(url);
  const index = parseSafetensorsHeader(bytes, bytes.length, url.pathname);
  return new Map([...index.tensors.keys()].map((name) => [name, Float32Array.from(readTensor(index, name, bytes, url.pathname).data, Number)]));
}

/** max |actual - reference| / max |reference|; NaN when any value is NaN, so that no comparison with it holds. */
export function relativeDifference(actual: ArrayLike<number>, reference: ArrayLike<number>): number {
  if (actual.length !== reference.length) return NaN;
  let [difference, largest] = [0, 0];
  for (let index = 0; index < reference.length; index += 1) {
    const distance = Math.abs(actual[index]! - reference[index]!);
    if (!(distance <= difference)) difference = distance;
    largest = Math.max(largest, Math.abs(reference[index]!));
    if (Number.isNaN(difference)) return NaN;
  }
  return difference / largest;
}
