import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';

/**
 * A source of numbers in [0, 1) with 53 bits each, the same for equal names on every machine: SHA-256 over the name and a counter.
 * For choices in batch files and prompts; noise of images comes from the generators of src/main/core/random.
 */
export function createDraws(name: string): () => number {
  let counter = 0;
  let block = new DataView(new ArrayBuffer(0));
  let at = 0;
  return () => {
    if (at + 8 > block.byteLength) {
      const hash = sha256(utf8ToBytes(`${counter}\0${name}`));
      block = new DataView(hash.buffer, hash.byteOffset, hash.byteLength);
      counter += 1;
      at = 0;
    }
    const high = block.getUint32(at) >>> 5; // 27 bits
    const low = block.getUint32(at + 4) >>> 6; // 26 bits
    at += 8;
    return (high * 2 ** 26 + low) / 2 ** 53;
  };
}

/** Distinct whole numbers in 0..4294967295, as torch takes seeds. Equal draws give equal seeds, and a longer list begins with the shorter one. */
export function drawSeeds(count: number, draw: number): number[] {
  const next = createDraws(`seeds ${draw}`);
  const seeds = new Set<number>();
  while (seeds.size < count) seeds.add(Math.floor(next() * 2 ** 32));
  return [...seeds];
}
