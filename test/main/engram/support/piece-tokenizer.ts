import type { PromptTokens, Tokenizer } from '../../../../src/main/core/tokenizers/tokenizer.ts';

export interface PieceTokenizerOptions {
  readonly maxLength?: number;
  readonly hash?: string;
  /** Text of the padding token; the end token pads when left out (CLIP-L). */
  readonly padding?: string;
}

const START = '<start>';
const END = '<end>';
const VOCABULARY_SIZE = 1000;

/** A tokenizer in CLIP's manner for tests: words and punctuation, cut into pieces of four letters, the last one marked `</w>`. Ids in order of first use. */
export function createPieceTokenizer({ maxLength = 16, hash = 'a'.repeat(64), padding = END }: PieceTokenizerOptions = {}): Tokenizer {
  const texts: string[] = [];
  const ids = new Map<string, number>();
  const idOf = (text: string): number => {
    const id = ids.get(text) ?? texts.push(text) - 1;
    ids.set(text, id);
    return id;
  };
  const [start, end] = [idOf(START), idOf(END)];
  const pad = idOf(padding);
  const encode = (text: string): number[] => (text.toLowerCase().match(/[a-z]+|\d|[^\sa-z\d]/g) ?? []).flatMap((word) => pieces(word).map(idOf));
  const encodePrompt = (text: string): PromptTokens => {
    const all = encode(text);
    const kept = all.slice(0, maxLength - 2);
    const filled = [start, ...kept, end, ...Array.from({ length: maxLength - 2 - kept.length }, () => pad)];
    return { ids: filled, textStart: 1, textEnd: 1 + kept.length, truncated: all.slice(kept.length) };
  };
  return { hash, fingerprint: hash, maxLength, vocabularySize: VOCABULARY_SIZE, encode, encodePrompt, tokenText: (id) => texts[id] ?? `<${id}>` };
}

function pieces(word: string): string[] {
  const parts = word.match(/.{1,4}/g) ?? [];
  return parts.map((part, index) => (index === parts.length - 1 ? `${part}</w>` : part));
}
