/**
 * The part of the library that we use. Its own declarations import one another without file extensions, which Node's module resolution
 * (and so the compiler's `NodeNext`) doesn't follow.
 */
declare module '@huggingface/tokenizers' {
  export class Tokenizer {
    constructor(tokenizer: object, config: object);
    /** The pieces of a text, without special tokens. */
    tokenize(text: string): string[];
  }
}
