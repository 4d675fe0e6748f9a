/**
 * Creates a seeded generator of uniform numbers (mulberry32), independent of platform and engine version.
 * @param {number} seed any 32-bit integer
 * @returns {() => number} numbers in [0, 1)
 */
export function createRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Spreads an index over the 32-bit seeds, so that neighbouring images share nothing. */
export function seedOf(seed, index) {
  return (Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0;
}

/** Picks one entry of a list, each with the same probability. */
export function pick(random, list) {
  return list[Math.floor(random() * list.length)];
}

/** Picks a key of `{ key: weight }` with a probability proportional to its weight. */
export function pickWeighted(random, weights) {
  const entries = Object.entries(weights);
  let rest = random() * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [key, weight] of entries) {
    rest -= weight;
    if (rest < 0) return key;
  }
  return entries[entries.length - 1][0];
}

/** True with the given probability. */
export function chance(random, probability) {
  return random() < probability;
}

/** A uniform number in [low, high). */
export function between(random, low, high) {
  return low + (high - low) * random();
}

/** Returns the list in a new random order (Fisher-Yates). */
export function shuffled(random, list) {
  const result = [...list];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}
