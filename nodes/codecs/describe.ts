import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { ValueDescription } from '../../src/contract/value-description.ts';

type Numbers = Float32Array | Uint8Array;

/** Little-endian bytes of numbers, as they lie in memory on every machine that the program runs on. */
function bytesOf(data: Numbers): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/**
 * Describes numbers in parts as if they were one array.
 * @param shape Sizes of all parts together.
 */
export function describeNumbers(shape: readonly number[], parts: readonly Numbers[], facts: ValueDescription['facts'] = {}): ValueDescription {
  const hash = sha256.create().update(utf8ToBytes(`[${shape.join(',')}]`));
  let [count, sum, squares, smallest, largest] = [0, 0, 0, Infinity, -Infinity];
  for (const part of parts) {
    hash.update(bytesOf(part));
    count += part.length;
    for (const number of part) {
      sum += number;
      squares += number * number;
      smallest = Math.min(smallest, number);
      largest = Math.max(largest, number);
    }
  }
  const described = { shape, hash: bytesToHex(hash.digest()), facts };
  if (count === 0) return described;
  const mean = sum / count;
  return { ...described, mean, facts: { deviation: Math.sqrt(Math.max(0, squares / count - mean * mean)), smallest, largest, ...facts } };
}
