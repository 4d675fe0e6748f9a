import type { Picture } from './values.ts';

/**
 * Pixels of one picture as a float image, [1, 3, H, W] in -1..1: x / 127.5 - 1 (as diffusers' VaeImageProcessor: 2 (x / 255) - 1).
 * @param pixels [H, W, 3]
 */
export function pixelsToPlanes(pixels: Uint8Array, width: number, height: number): Float32Array {
  const area = width * height;
  const planes = new Float32Array(3 * area);
  for (let place = 0; place < area; place += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      planes[channel * area + place] = 2 * Math.fround((pixels[place * 3 + channel] as number) / 255) - 1;
    }
  }
  return planes;
}

/** round to nearest, ties to even, as numpy's and torch's round. */
function roundHalfToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * A float image in -1..1 as 8-bit pixels: round(clamp(x / 2 + 0.5, 0, 1) * 255), ties to even, in float32 as diffusers does it.
 * @param planes [3, H, W] or one image's part of a batch
 */
export function planesToPixels(planes: Float32Array, width: number, height: number): Uint8Array {
  const area = width * height;
  const pixels = new Uint8Array(3 * area);
  for (let place = 0; place < area; place += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      const unit = Math.min(1, Math.max(0, Math.fround(Math.fround((planes[channel * area + place] as number) / 2) + 0.5)));
      pixels[place * 3 + channel] = roundHalfToEven(Math.fround(unit * 255));
    }
  }
  return pixels;
}

/** Pictures of one size side by side, in a grid that is about square; what is left over is black. */
export function tilePictures(pictures: readonly Pick<Picture, 'width' | 'height' | 'pixels'>[]): Picture {
  const [first] = pictures as readonly [Picture, ...Picture[]];
  const { width, height } = first;
  const columns = Math.ceil(Math.sqrt(pictures.length));
  const rows = Math.ceil(pictures.length / columns);
  const pixels = new Uint8Array(rows * height * columns * width * 3);
  pictures.forEach((picture, index) => {
    const [top, left] = [Math.floor(index / columns) * height, (index % columns) * width];
    for (let y = 0; y < height; y += 1) pixels.set(picture.pixels.subarray(y * width * 3, (y + 1) * width * 3), ((top + y) * columns * width + left) * 3);
  });
  return { width: columns * width, height: rows * height, pixels, label: '', prompt: '', seed: undefined };
}
