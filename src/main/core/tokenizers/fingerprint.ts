import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** What decides ids beside what a tokenizer's `hash` covers. */
export interface EncodingFacts {
  readonly maxLength: number;
  /** Ids of the start, end and padding tokens, by role. */
  readonly roles: Readonly<Record<string, number>>;
  /** Added tokens with their flags, in the order in which they are looked for. */
  readonly added: readonly object[];
}

/** SHA-256 (hex) of all that decides ids: two tokenizers with equal fingerprints give equal ids for every text and prompt. */
export function tokenizerFingerprint(hash: string, { maxLength, roles, added }: EncodingFacts): string {
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify({ hash, maxLength, roles, added }))));
}
