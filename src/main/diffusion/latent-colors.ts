import { createTorchGenerator } from '../core/random/torch-generator.ts';
import { solveLinear } from './schedulers/solve-linear.ts';

/** A linear map from one place of the latents to its mean colour: per colour channel C weights and a constant, giving -1..1. */
export type LatentColors = readonly (readonly number[])[];

const COLOUR_CHANNELS = 3;

/** Latents that a map is fitted on: this many pictures of {@link PROBE_SIZE}² places, in even squares, since real latents change little from place to place. */
export const PROBE_COUNT = 4;
export const PROBE_SIZE = 8;
const PROBE_SQUARE = 2;

/** Keeps the fit regular when channels say nothing; far below the unit variance of latents. */
const RIDGE = 1e-3;

/** Random model latents to decode for {@link fitLatentColors}, [C, 8, 8] each: always the same. */
export function probeLatents(channels: number): Float32Array[] {
  const generator = createTorchGenerator(0);
  const coarse = PROBE_SIZE / PROBE_SQUARE;
  return Array.from({ length: PROBE_COUNT }, () => {
    const noise = generator.randn(channels * coarse * coarse);
    return Float32Array.from({ length: channels * PROBE_SIZE * PROBE_SIZE }, (_, index) => {
      const [channel, place] = [Math.floor(index / PROBE_SIZE ** 2), index % PROBE_SIZE ** 2];
      const [row, column] = [Math.floor(place / PROBE_SIZE / PROBE_SQUARE), Math.floor((place % PROBE_SIZE) / PROBE_SQUARE)];
      return noise[channel * coarse * coarse + row * coarse + column] as number;
    });
  });
}

/** Latents, [C, h, w], and the picture that they decode to, [3, h·factor, w·factor] in about -1..1. */
export interface DecodedPair {
  readonly latents: Float32Array;
  readonly image: Float32Array;
}

/**
 * The map from latents to colours that fits decoded pictures best, by least squares with a small ridge: A·w = b with A = Σ z zᵀ + λI, b = Σ z·colour,
 * where z are the latents of one place and 1, and colour is the mean over its pixels.
 */
export function fitLatentColors(pairs: readonly DecodedPair[], channels: number, height: number, width: number): LatentColors {
  const size = channels + 1;
  const matrix = Array.from({ length: size }, (_, row) => Array.from({ length: size }, (_none, column) => (row === column ? RIDGE : 0)));
  const right = Array.from({ length: COLOUR_CHANNELS }, () => new Array<number>(size).fill(0));
  for (const { latents, image } of pairs) {
    const factor = Math.round(Math.sqrt(image.length / COLOUR_CHANNELS / (height * width)));
    for (let place = 0; place < height * width; place += 1) {
      const z = Array.from({ length: size }, (_, channel) => (channel === channels ? 1 : latents[channel * height * width + place] as number));
      z.forEach((value, row) => z.forEach((other, column) => { (matrix[row] as number[])[column]! += value * other; }));
      right.forEach((sums, channel) => {
        const colour = meanColour(image, channel, place, { height, width, factor });
        z.forEach((value, row) => { sums[row]! += value * colour; });
      });
    }
  }
  return right.map((sums) => solveLinear(matrix, sums));
}

/** Mean of one colour over the pixels of one place of the latents; what no picture can show is cut off first. */
function meanColour(image: Float32Array, channel: number, place: number, { height, width, factor }: { readonly height: number; readonly width: number; readonly factor: number }): number {
  const [top, left] = [Math.floor(place / width) * factor, (place % width) * factor];
  let sum = 0;
  for (let y = top; y < top + factor; y += 1) {
    for (let x = left; x < left + factor; x += 1) sum += Math.min(1, Math.max(-1, image[(channel * height * factor + y) * width * factor + x] as number));
  }
  return sum / factor ** 2;
}

/**
 * Colours of latents, one pixel per place: [3, h, w] in about -1..1.
 * @param latents [C, h, w]
 */
export function colourLatents(colors: LatentColors, latents: Float32Array): Float32Array {
  const channels = (colors[0]?.length ?? 1) - 1;
  const places = latents.length / channels;
  const planes = new Float32Array(colors.length * places);
  colors.forEach((weights, colour) => {
    const plane = planes.subarray(colour * places, (colour + 1) * places).fill(weights[channels] as number);
    for (let channel = 0; channel < channels; channel += 1) {
      const weight = weights[channel] as number;
      for (let place = 0; place < places; place += 1) plane[place]! += weight * (latents[channel * places + place] as number);
    }
  });
  return planes;
}
