/** An sRGB channel, 0..255, as linear light 0..1 (IEC 61966-2-1). */
function linear(channel: number): number {
  const c = channel / 255;
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
}

function labCurve(t: number): number {
  return t > 216 / 24389 ? Math.cbrt(t) : (841 / 108) * t + 4 / 29;
}

/** CIELAB of an sRGB colour (D65): distances in it are about what eyes see. */
export function labOf(red: number, green: number, blue: number): readonly [number, number, number] {
  const [r, g, b] = [linear(red), linear(green), linear(blue)];
  const x = labCurve((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
  const y = labCurve(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
  const z = labCurve((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** A picture as CIELAB: [H, W, 3]. */
export function labPixels(pixels: Uint8Array): Float32Array {
  const lab = new Float32Array(pixels.length);
  for (let index = 0; index < pixels.length; index += 3) lab.set(labOf(pixels[index] as number, pixels[index + 1] as number, pixels[index + 2] as number), index);
  return lab;
}

/** The share of pixels within `radius` (CIE76) of one of the colours. */
export function colourShare(lab: Float32Array, colours: readonly (readonly [number, number, number])[], radius: number): number {
  let near = 0;
  for (let index = 0; index < lab.length; index += 3) {
    const close = colours.some(([l, a, b]) => Math.hypot((lab[index] as number) - l, (lab[index + 1] as number) - a, (lab[index + 2] as number) - b) <= radius);
    near += close ? 1 : 0;
  }
  return near / (lab.length / 3);
}

/** Means over a grid of `cells` x `cells` fields: what a picture looks like from afar. [cells, cells, 3] */
export function thumbnail(lab: Float32Array, side: number, cells: number): Float32Array {
  const means = new Float32Array(cells * cells * 3);
  const field = side / cells;
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const cell = Math.floor(y / field) * cells + Math.floor(x / field);
      for (let channel = 0; channel < 3; channel += 1) means[cell * 3 + channel] = (means[cell * 3 + channel] as number) + (lab[(y * side + x) * 3 + channel] as number) / (field * field);
    }
  }
  return means;
}

/** Mean CIE76 distance of two thumbnails over the cells that `counts` lets through. */
export function thumbnailDistance(a: Float32Array, b: Float32Array, counts: (cell: number) => boolean = () => true): number {
  let [sum, cells] = [0, 0];
  for (let cell = 0; cell * 3 < a.length; cell += 1) {
    if (!counts(cell)) continue;
    cells += 1;
    sum += Math.hypot(...[0, 1, 2].map((channel) => (a[cell * 3 + channel] as number) - (b[cell * 3 + channel] as number)));
  }
  return sum / cells;
}
