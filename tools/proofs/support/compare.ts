/** max |actual - expected| / max |expected|: the measure of parity. NaN anywhere, or another length, gives NaN, which meets no goal. */
export function relativeMaximum(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return NaN;
  let difference = 0;
  let size = 0;
  for (let index = 0; index < expected.length; index += 1) {
    const distance = Math.abs((actual[index] as number) - (expected[index] as number));
    if (Number.isNaN(distance)) return NaN;
    difference = Math.max(difference, distance);
    size = Math.max(size, Math.abs(expected[index] as number));
  }
  return difference / size;
}

/** ||actual - expected|| / ||expected||: the measure of gradients and of changes. */
export function relativeL2(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return NaN;
  let difference = 0;
  let size = 0;
  for (let index = 0; index < expected.length; index += 1) {
    difference += ((actual[index] as number) - (expected[index] as number)) ** 2;
    size += (expected[index] as number) ** 2;
  }
  return Math.sqrt(difference / size);
}

/** The largest of some figures; NaN wins, so that a broken comparison is never hidden. @throws Error for no figures: then nothing was compared. */
export function worst(figures: readonly number[]): number {
  return most(figures, Math.max);
}

/** The smallest of some figures, for goals that are lower bounds; NaN wins. @throws Error for no figures: then nothing was compared. */
export function least(figures: readonly number[]): number {
  return most(figures, Math.min);
}

function most(figures: readonly number[], choose: (a: number, b: number) => number): number {
  if (figures.length === 0) throw new Error('There are no figures to choose the worst of: nothing was compared');
  return figures.reduce((found, figure) => choose(found, figure));
}
