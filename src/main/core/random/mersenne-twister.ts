/** Words of the state of MT19937. */
export const STATE_WORDS = 624;
const MIDDLE = 397;
const UPPER_MASK = 0x8000_0000;
const LOWER_MASK = 0x7fff_ffff;
const TWIST = 0x9908_b0df;

/** The Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998): uniform 32-bit words. */
export class MersenneTwister {
  private constructor(private readonly words: Uint32Array, private used: number) {}

  /** `init_genrand` of the authors: seeded by the low 32 bits of one number. */
  static fromSeed(seed: number): MersenneTwister {
    const words = new Uint32Array(STATE_WORDS);
    words[0] = seed;
    for (let index = 1; index < STATE_WORDS; index += 1) {
      const previous = words[index - 1]!;
      words[index] = Math.imul(1_812_433_253, previous ^ (previous >>> 30)) + index;
    }
    return new MersenneTwister(words, STATE_WORDS);
  }

  /** Goes on from a saved state: 624 words, of which `used` (0..624) were handed out. */
  static fromState(words: readonly number[], used: number): MersenneTwister {
    return new MersenneTwister(Uint32Array.from(words), used);
  }

  /** Copies of the words, and how many of them were handed out. */
  state(): { words: number[]; used: number } {
    return { words: Array.from(this.words), used: this.used };
  }

  /** The next word, 0..2^32 - 1. */
  next(): number {
    if (this.used === STATE_WORDS) this.regenerate();
    let word = this.words[this.used]!;
    this.used += 1;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c_5680;
    word ^= (word << 15) & 0xefc6_0000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  private regenerate(): void {
    const { words } = this;
    for (let index = 0; index < STATE_WORDS; index += 1) {
      const mixed = (words[index]! & UPPER_MASK) | (words[(index + 1) % STATE_WORDS]! & LOWER_MASK);
      words[index] = words[(index + MIDDLE) % STATE_WORDS]! ^ (mixed >>> 1) ^ ((mixed & 1) === 1 ? TWIST : 0);
    }
    this.used = 0;
  }
}
