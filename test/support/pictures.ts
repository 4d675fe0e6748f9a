import type { Picture } from '../../nodes/values.ts';

/** A picture with every byte decided by its place and a seed: no two seeds give the same. */
export function picture(width: number, height: number, seed = 1, more: Partial<Picture> = {}): Picture {
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, index) => (index * 37 + seed * 101 + Math.floor(index / 7) * seed) % 256);
  return { width, height, pixels, label: `picture ${seed}`, prompt: '', seed: undefined, ...more };
}
