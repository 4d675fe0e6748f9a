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

/** The largest of some figures; NaN wins, so that a broken comparison is never hidden. */
export function worst(figures: readonly number[]): number {
  return figures.some(Number.isNaN) ? NaN : Math.max(...figures);
}
