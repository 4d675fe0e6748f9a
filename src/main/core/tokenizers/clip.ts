import { Tokenizer as BytePairTokenizer } from '@huggingface/tokenizers';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { internalError } from '../../../contract/errors.ts';
import { END_OF_WORD, readTokenizerJson, readVocabAndMerges, type BytePairModel } from './clip-files.ts';
import { tokenizerFingerprint } from './fingerprint.ts';
import { resolveSpecialTokens, type AddedToken, type SpecialTokens } from './special-tokens.ts';
import type { PromptTokens, Tokenizer } from './tokenizer.ts';

interface CommonFiles {
  /** What to call the tokenizer's folder in messages, with a slash at its end. */
  readonly label: string;
  /** Parsed tokenizer_config.json. */
  readonly tokenizerConfig: Readonly<Record<string, unknown>>;
  /** Parsed special_tokens_map.json; {} where it is missing. */
  readonly specialTokensMap: Readonly<Record<string, unknown>>;
}

/** The files of a CLIP tokenizer: parsed vocab.json and the text of merges.txt, or the parsed tokenizer.json. */
export type ClipTokenizerFiles = CommonFiles &
  ({ readonly vocab: Readonly<Record<string, unknown>>; readonly merges: string } | { readonly tokenizerJson: Readonly<Record<string, unknown>> });

/**
 * A CLIP tokenizer that gives the ids of transformers' CLIPTokenizer.
 * @throws AppError naming file, key and value for an option, a class or a value that isn't known.
 */
export function createClipTokenizer(files: ClipTokenizerFiles): Tokenizer {
  const { label, tokenizerConfig, specialTokensMap } = files;
  const model = 'vocab' in files ? readVocabAndMerges(files.vocab, files.merges, label) : readTokenizerJson(files.tokenizerJson, label);
  const addedTokens = 'addedTokens' in model ? (model as ReturnType<typeof readTokenizerJson>).addedTokens : [];
  const special = resolveSpecialTokens({ label, tokenizerConfig, specialTokensMap, addedTokens }, (content) => model.vocabulary.get(content));
  return new ClipTokenizer(model, special);
}

/** The words of transformers' CLIPTokenizer: contractions, runs of letters, single digits, runs of anything else. */
const WORDS = "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

/** GPT-2's words, by which byte-level models split once more. Given here, since the library's own reading of `\s` takes U+FEFF in. */
const BYTE_LEVEL_WORDS = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+";

/** Unicode's White_Space, which is what `\s` means to the reference; JavaScript's own takes U+FEFF in and leaves U+0085 out. */
const WHITE_SPACE = /\p{White_Space}+/gu;

class ClipTokenizer implements Tokenizer {
  readonly hash: string;
  readonly fingerprint: string;
  readonly maxLength: number;
  readonly vocabularySize: number;
  private readonly pieces: readonly string[];
  private readonly bytePairs: BytePairTokenizer;
  /** Added tokens by their content, as looked for in the raw and in the normalized text. */
  private readonly raw: ReadonlyMap<string, AddedToken>;
  private readonly normalized: ReadonlyMap<string, AddedToken>;
  private readonly ids: { readonly bos: number; readonly eos: number; readonly pad: number };

  constructor(private readonly model: BytePairModel, special: SpecialTokens) {
    this.hash = hashOf(model, special);
    this.maxLength = special.maxLength;
    this.vocabularySize = model.vocabulary.size;
    this.pieces = inOrder(model.vocabulary);
    this.bytePairs = new BytePairTokenizer(libraryJson(model, special), {});
    this.raw = new Map(special.added.filter(({ normalized }) => !normalized).map((token) => [token.content, token]));
    this.normalized = new Map(special.added.filter(({ normalized }) => normalized).map((token) => [normalize(token.content), token]));
    this.ids = { bos: this.idOf(special.bos), eos: this.idOf(special.eos), pad: this.idOf(special.pad) };
    this.fingerprint = tokenizerFingerprint(this.hash, { maxLength: this.maxLength, roles: this.ids, added: special.added });
  }

  encode(text: string): number[] {
    return splitAt(text, this.raw).flatMap((section) => {
      if (typeof section !== 'string') return [section.id];
      return splitAt(normalize(section), this.normalized).flatMap((part) => (typeof part === 'string' ? this.encodePlain(part) : [part.id]));
    });
  }

  encodePrompt(text: string): PromptTokens {
    const tokens = this.encode(text);
    const kept = tokens.slice(0, this.maxLength - 2);
    const ids = [this.ids.bos, ...kept, this.ids.eos];
    while (ids.length < this.maxLength) ids.push(this.ids.pad);
    return { ids, textStart: 1, textEnd: 1 + kept.length, truncated: tokens.slice(kept.length) };
  }

  tokenText(id: number): string {
    const piece = this.pieces[id];
    if (piece === undefined) throw new RangeError(`CLIP tokenizer: token id must be 0..${this.pieces.length - 1}, got ${id}`);
    return piece;
  }

  private encodePlain(text: string): number[] {
    return this.bytePairs.tokenize(text).map((piece) => this.idOf(piece));
  }

  private idOf(piece: string): number {
    const id = this.model.vocabulary.get(piece);
    if (id === undefined) throw internalError('tokenizer.piece', 'CLIP tokenizer', `piece "${piece}" must be in the vocabulary`);
    return id;
  }
}

/**
 * NFC, white space to single spaces, lower case. Letters are lowered one by one, as the reference does: JavaScript's own toLowerCase
 * looks at the neighbours of a capital sigma.
 */
function normalize(text: string): string {
  return Array.from(text.normalize('NFC').replace(WHITE_SPACE, ' '), (character) => character.toLowerCase()).join('');
}

/** The text in pieces around the tokens that stand in it: the leftmost first, of several at one place the longest. */
function splitAt(text: string, tokens: ReadonlyMap<string, AddedToken>): (string | AddedToken)[] {
  if (tokens.size === 0) return [text];
  const contents = [...tokens.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(`(${contents.map((content) => content.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})`, 'u');
  return text.split(pattern).filter((part) => part !== '').map((part) => tokens.get(part) ?? part);
}

/** The part that the library does: splitting into words and merging byte pairs. Normalizing and finding added tokens are done before. */
function libraryJson({ vocabulary, merges }: BytePairModel, special: SpecialTokens): object {
  return {
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: WORDS }, behavior: 'Removed', invert: true },
        { type: 'Split', pattern: { Regex: BYTE_LEVEL_WORDS }, behavior: 'Isolated', invert: false },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: null,
    decoder: null,
    model: { type: 'BPE', unk_token: special.unk, end_of_word_suffix: END_OF_WORD, fuse_unk: false, vocab: Object.fromEntries(vocabulary), merges, ignore_merges: false },
  };
}

/** SHA-256 of the canonical tokenizer.json: model and added tokens with sorted keys, without what differs between writers of the same tokenizer. */
function hashOf({ vocabulary, merges }: BytePairModel, special: SpecialTokens): string {
  const added = special.added.map(({ content, id }) => ({ content, id })).sort((a, b) => a.id - b.id);
  // The vocabulary is a list by id: an object would not keep its order.
  const canonical = { added_tokens: added, model: { end_of_word_suffix: END_OF_WORD, merges, type: 'BPE', unk_token: special.unk, vocab: inOrder(vocabulary) } };
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify(canonical))));
}

/** Pieces by id. */
function inOrder(vocabulary: ReadonlyMap<string, number>): string[] {
  const pieces = new Array<string>(vocabulary.size);
  for (const [piece, id] of vocabulary) pieces[id] = piece;
  return pieces;
}
