/** A prompt as one text encoder sees it. */
export interface PromptTokens {
  /** Exactly `maxLength` ids: start token, text, end token, padding. */
  readonly ids: readonly number[];
  /** Positions of `ids` that hold the prompt's own tokens: [start, end). Special tokens and padding lie outside. */
  readonly textStart: number;
  readonly textEnd: number;
  /** Tokens of the text that didn't fit, in order; empty when nothing was cut. */
  readonly truncated: readonly number[];
}

/** Text to token ids for one stream, exactly as the model's own tokenizer does it. */
export interface Tokenizer {
  /** SHA-256 (hex) of the canonical tokenizer.json: vocabulary, merges, special tokens. Tables are bound to it. */
  readonly hash: string;
  /** SHA-256 (hex) of all that decides ids: what `hash` covers, and the start, end and padding tokens, `maxLength` and the flags of added tokens. Text states are kept by it. */
  readonly fingerprint: string;
  readonly maxLength: number;
  readonly vocabularySize: number;
  /** Id of the token that stands for whatever text has no piece; left out where every text has pieces (byte-level models). */
  readonly unknownId?: number;
  /** Ids of the text alone: no special tokens, no truncation (paper 2.4: `ids = tokenize(trigger)`). */
  encode(text: string): number[];
  /** Ids as the text encoder gets them, truncated and padded to `maxLength`. */
  encodePrompt(text: string): PromptTokens;
  /** The text of one token, for showing; the raw piece (`cyber</w>`). */
  tokenText(id: number): string;
}
