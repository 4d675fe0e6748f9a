/**
 * SentencePiece's precompiled normalization: a trie over the UTF-8 bytes of what is replaced, and the replacements. The trie is a Darts double array: 32-bit
 * units with a byte label, an offset to their children and a mark where a key ends; the unit behind a mark holds the place of the replacement.
 */
export class Charsmap {
  private readonly units: Uint32Array;
  private readonly replacements: Uint8Array;

  /**
   * @param bytes The length of the trie (u32), the trie (u32 units), the replacements (UTF-8, each ended by a zero byte); all numbers little-endian.
   * @throws RangeError when the trie doesn't fit into the bytes.
   */
  constructor(bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const length = bytes.byteLength < 4 ? -1 : view.getUint32(0, true);
    if (length < 4 || length % 4 !== 0 || 4 + length > bytes.byteLength) throw new RangeError(`the charsmap must hold a trie of 4 bytes or more, whole units, within its ${bytes.byteLength} bytes, got ${length}`);
    this.units = Uint32Array.from({ length: length / 4 }, (_, index) => view.getUint32(4 + 4 * index, true));
    this.replacements = bytes.subarray(4 + length);
  }

  /** The text with every grapheme, or where a grapheme has no entry every character in it, replaced as the map says: Hugging Face's `Precompiled` normalizer. */
  normalize(text: string): string {
    let out = '';
    for (const { segment } of GRAPHEMES.segment(text)) {
      const bytes = ENCODER.encode(segment);
      const whole = bytes.length < MAX_GRAPHEME_BYTES ? this.find(bytes) : undefined;
      out += whole ?? Array.from(segment, (character) => this.find(ENCODER.encode(character)) ?? character).join('');
    }
    return out;
  }

  /** The replacement of the shortest key that the bytes begin with. */
  private find(bytes: Uint8Array): string | undefined {
    let unit = this.units[0]!;
    let node = offset(unit);
    for (const byte of bytes) {
      node ^= byte;
      unit = this.units[node] ?? 0;
      // A zero byte stands for the end of a key; 0 is also what lies outside the trie.
      if (byte === 0 || label(unit) !== byte) return undefined;
      node ^= offset(unit);
      if (endsKey(unit)) return this.replacement(this.units[node] ?? 0);
    }
    return undefined;
  }

  private replacement(unit: number): string {
    const start = unit & 0x7fffffff;
    const end = this.replacements.indexOf(0, start);
    return new TextDecoder().decode(this.replacements.subarray(start, end === -1 ? undefined : end));
  }
}

const ENCODER = new TextEncoder();
const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** Longer graphemes are only looked at character by character, as in the reference. */
const MAX_GRAPHEME_BYTES = 6;

/** The label with the leaf bit: a unit that holds a value never equals a byte. */
function label(unit: number): number {
  return (unit & 0x800000ff) >>> 0;
}

function endsKey(unit: number): boolean {
  return ((unit >>> 8) & 1) === 1;
}

function offset(unit: number): number {
  return ((unit >>> 10) << ((unit & 0x200) >>> 6)) >>> 0;
}
