import { inputError } from '../../../contract/errors.ts';
import { printable } from '../printable.ts';
import { MersenneTwister, STATE_WORDS } from './mersenne-twister.ts';

/** torch's CPU generator: the same numbers for the same seed (facts: numerics.md). */
export interface TorchGenerator {
  /** Standard normal float32 values in the order of a contiguous tensor. */
  randn(count: number): Float32Array;
  /** Uniform float32 in [0, 1). */
  rand(count: number): Float32Array;
  /** Integers in [low, high). */
  randint(low: number, high: number, count: number): number[];
  randperm(count: number): number[];
  /** Everything that is needed to go on with the same numbers. JSON-safe. */
  save(): TorchGeneratorState;
}

export interface TorchGeneratorState {
  readonly words: readonly number[];
  readonly position: number;
  readonly nextNormal: number | null;
}

/** From this many values on, torch fills whole blocks of 16. */
const BLOCK = 16;
/** From this range on, torch draws 64 bits for an integer. */
const WIDE_RANGE = 2 ** 28;
const TWO_PI_FLOAT32 = Math.fround(2 * Math.PI);

/**
 * A generator like `torch.Generator().manual_seed(seed)`; only the seed's low 32 bits count there too.
 * @param seed A whole number from -2^63 to 2^64 - 1; negative ones are taken as 2^64 + seed.
 * @throws AppError for any other seed.
 */
export function createTorchGenerator(seed: number | bigint): TorchGenerator {
  if (typeof seed === 'number' && !Number.isSafeInteger(seed)) throw seedError(seed);
  const wide = BigInt(seed);
  if (wide < -(2n ** 63n) || wide >= 2n ** 64n) throw seedError(seed);
  return new CpuGenerator(MersenneTwister.fromSeed(Number(BigInt.asUintN(32, wide))), null);
}

/**
 * A generator that goes on where {@link TorchGenerator.save} stood.
 * @throws AppError when the state isn't one (it may come from a file).
 */
export function restoreTorchGenerator(state: TorchGeneratorState): TorchGenerator {
  const { words, position, nextNormal } = state;
  const isWord = (word: unknown): boolean => Number.isInteger(word) && (word as number) >= 0 && (word as number) < 2 ** 32;
  if (!Array.isArray(words) || words.length !== STATE_WORDS || !words.every(isWord)) {
    throw inputError('random.state', 'random generator state', `words must be ${STATE_WORDS} whole numbers of 32 bits`, { got: printable(words) });
  }
  if (!Number.isInteger(position) || position < 0 || position > STATE_WORDS) {
    throw inputError('random.state', 'random generator state', `position must be 0..${STATE_WORDS}`, { got: printable(position) });
  }
  if (nextNormal !== null && !Number.isFinite(nextNormal)) {
    throw inputError('random.state', 'random generator state', 'nextNormal must be a number or null', { got: printable(nextNormal) });
  }
  return new CpuGenerator(MersenneTwister.fromState(words, position), nextNormal);
}

function seedError(seed: number | bigint): Error {
  return inputError('random.seed', 'seed', 'must be a whole number from -2^63 to 2^64 - 1 (as a number, at most 2^53 - 1)', { got: printable(seed) });
}

class CpuGenerator implements TorchGenerator {
  constructor(private readonly twister: MersenneTwister, private nextNormal: number | null) {}

  randn(count: number): Float32Array {
    if (count < BLOCK) return Float32Array.from({ length: count }, () => this.normal());
    const values = this.rand(count);
    for (let start = 0; start + BLOCK <= count; start += BLOCK) boxMullerBlock(values.subarray(start, start + BLOCK));
    if (count % BLOCK !== 0) {
      const tail = values.subarray(count - BLOCK);
      tail.set(this.rand(BLOCK));
      boxMullerBlock(tail);
    }
    return values;
  }

  rand(count: number): Float32Array {
    const values = new Float32Array(count);
    for (let index = 0; index < count; index += 1) values[index] = (this.twister.next() & 0xff_ffff) * 2 ** -24;
    return values;
  }

  randint(low: number, high: number, count: number): number[] {
    const range = high - low;
    if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high) || !Number.isSafeInteger(range) || range < 1) {
      throw inputError('random.range', 'randint', 'low must be below high, both exact whole numbers', { got: `${low}..${high}` });
    }
    const draw = range < WIDE_RANGE ? () => this.twister.next() % range : () => Number(this.wideWord() % BigInt(range));
    return Array.from({ length: count }, () => low + draw());
  }

  randperm(count: number): number[] {
    const order = Array.from({ length: count }, (_, index) => index);
    for (let index = 0; index < count - 1; index += 1) {
      const other = index + (this.twister.next() % (count - index));
      [order[index], order[other]] = [order[other]!, order[index]!];
    }
    return order;
  }

  save(): TorchGeneratorState {
    const { words, used } = this.twister.state();
    return { words, position: used, nextNormal: this.nextNormal };
  }

  /** Box-Muller in doubles, of which every second value is kept for the next call. */
  private normal(): number {
    if (this.nextNormal !== null) {
      const kept = this.nextNormal;
      this.nextNormal = null;
      return kept;
    }
    const turn = 2 * Math.PI * this.uniformDouble();
    const radius = Math.sqrt(-2 * Math.log1p(-this.uniformDouble()));
    this.nextNormal = radius * Math.sin(turn);
    return radius * Math.cos(turn);
  }

  /** 53 bits of one 64-bit draw, in [0, 1). */
  private uniformDouble(): number {
    return Number(this.wideWord() & (2n ** 53n - 1n)) * 2 ** -53;
  }

  /** 64 bits; the first draw is the high half. */
  private wideWord(): bigint {
    const high = BigInt(this.twister.next());
    return (high << 32n) | BigInt(this.twister.next());
  }
}

/** 16 uniform values to 16 normal ones, in place: the first 8 give radii, the last 8 angles, which torch rounds to float32. */
function boxMullerBlock(block: Float32Array): void {
  for (let index = 0; index < BLOCK / 2; index += 1) {
    const radius = Math.sqrt(-2 * Math.log(1 - block[index]!));
    const angle = Math.fround(TWO_PI_FLOAT32 * block[index + BLOCK / 2]!);
    block[index] = radius * Math.cos(angle);
    block[index + BLOCK / 2] = radius * Math.sin(angle);
  }
}
