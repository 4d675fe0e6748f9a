import { Tokenizer as UnigramTokenizer } from '@huggingface/tokenizers';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { z } from 'zod';
import { inputError } from '../../../contract/errors.ts';
import { printable } from '../printable.ts';
import { Charsmap } from './charsmap.ts';
import { tokenizerFingerprint } from './fingerprint.ts';
import type { PromptTokens, Tokenizer } from './tokenizer.ts';
import { readSentencePiece, readUnigramJson, type UnigramModel } from './unigram-files.ts';

interface CommonFiles {
  /** What to call the tokenizer's folder in messages, with a slash at its end. */
  readonly label: string;
  /** Parsed tokenizer_config.json. */
  readonly tokenizerConfig: Readonly<Record<string, unknown>>;
  /** Tokens of a prompt that the model's pipeline takes at most; the tokenizer's own limit counts where it is lower. */
  readonly maxLength: number;
}

/** The files of a T5 tokenizer: the parsed tokenizer.json, or the bytes of spiece.model. */
export type T5TokenizerFiles = CommonFiles & ({ readonly tokenizerJson: Readonly<Record<string, unknown>> } | { readonly sentencePiece: Uint8Array });

/**
 * A T5 tokenizer that gives the ids of transformers' T5Tokenizer.
 * @throws AppError naming file, key and value for an option, a class or a value that isn't known.
 */
export function createT5Tokenizer(files: T5TokenizerFiles): Tokenizer {
  const { label, tokenizerConfig } = files;
  const config = readConfig(tokenizerConfig, `${label}tokenizer_config.json`);
  const model = 'tokenizerJson' in files ? readUnigramJson(files.tokenizerJson, label) : readSentencePiece(files.sentencePiece, `${label}spiece.model`);
  const maxLength = Math.min(files.maxLength, config.model_max_length ?? files.maxLength);
  return new T5Tokenizer(model, addedTokens(model, config, label), { eos: textOf(config.eos_token), pad: textOf(config.pad_token) }, maxLength, label);
}

const CLASSES = ['T5Tokenizer', 'T5TokenizerFast'] as const;
const token = z.union([z.string().min(1), z.looseObject({ content: z.string().min(1), lstrip: z.boolean().default(false), rstrip: z.boolean().default(false), normalized: z.boolean().default(false) })]);
type Token = z.output<typeof token>;

/** tokenizer_config.json. Only what changes ids is looked at; the class is, because another class reads the same files differently. */
const configSchema = z.looseObject({
  tokenizer_class: z.enum(CLASSES, { error: `must be one of ${CLASSES.map(printable).join(', ')}` }).default('T5Tokenizer'),
  model_max_length: z.number({ error: 'must be a number' }).min(2, 'must be at least 2').nullish(),
  eos_token: token.default('</s>'),
  pad_token: token.default('<pad>'),
  unk_token: token.default('<unk>'),
  added_tokens_decoder: z.record(z.string().regex(/^\d+$/, 'must have token ids as keys'), token, { error: 'must map token ids to tokens' }).optional(),
});
type Config = z.output<typeof configSchema>;

function readConfig(config: Readonly<Record<string, unknown>>, where: string): Config {
  const result = configSchema.safeParse(config);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const path = issue.path.map(String).join('.');
  throw inputError('tokenizer.option', where, `${path} ${issue.message}`, { got: printable(issue.path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], config)) });
}

/** A token that is found in the text as it stands. */
interface AddedToken {
  readonly content: string;
  readonly id: number;
  /** Whether white space before and after it belongs to it. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
}

/** Tokens with a role and sentinels. The config's `added_tokens_decoder` decides where it exists, else the pieces' own places do. */
function addedTokens(model: UnigramModel, config: Config, label: string): AddedToken[] {
  const ids = new Map(model.pieces.map(([piece], id) => [piece, id]));
  const found = new Map<string, AddedToken>();
  const add = (entry: Token, stated: number | undefined): void => {
    const content = textOf(entry);
    const id = ids.get(content);
    if (id === undefined || (stated !== undefined && stated !== id)) {
      throw inputError('tokenizer.special-token', `${label.replace(/\/$/, '')} special token ${printable(content)}`, id === undefined ? 'must be in the vocabulary' : `must have the vocabulary's id ${id}`, { got: printable(stated) });
    }
    if (!found.has(content)) found.set(content, { content, id, lstrip: typeof entry !== 'string' && entry.lstrip, rstrip: typeof entry !== 'string' && entry.rstrip });
  };
  for (const [id, entry] of Object.entries(config.added_tokens_decoder ?? {})) add(entry, Number(id));
  for (const entry of [config.eos_token, config.pad_token, config.unk_token]) add(entry, undefined);
  if (config.added_tokens_decoder === undefined) {
    for (const [piece] of model.pieces) if (/^<extra_id_\d+>$/.test(piece)) add(piece, undefined);
  }
  return [...found.values()];
}

function textOf(entry: Token): string {
  return typeof entry === 'string' ? entry : entry.content;
}

/** What stands for a space before a word. */
const SPACE = '\u2581';
/** Unicode's White_Space, which is what splits words in the reference; JavaScript's own `\s` takes U+FEFF in and leaves U+0085 out. */
const WHITE_SPACE = /\p{White_Space}+/u;

class T5Tokenizer implements Tokenizer {
  readonly hash: string;
  readonly fingerprint: string;
  readonly vocabularySize: number;
  readonly unknownId: number;
  private readonly charsmap: Charsmap | undefined;
  private readonly unigram: UnigramTokenizer;
  private readonly ids: ReadonlyMap<string, number>;
  private readonly eos: number;
  private readonly pad: number;

  constructor(private readonly model: UnigramModel, private readonly added: readonly AddedToken[], roles: { readonly eos: string; readonly pad: string }, readonly maxLength: number, label: string) {
    this.hash = hashOf(model, added);
    this.vocabularySize = model.pieces.length;
    this.unknownId = model.unknownId;
    try {
      this.charsmap = model.charsmap === undefined ? undefined : new Charsmap(model.charsmap);
    } catch (error) {
      throw inputError('tokenizer.file', label, (error as Error).message);
    }
    this.ids = new Map(model.pieces.map(([piece], id) => [piece, id]));
    // The library finds the most probable pieces; words are split and normalized here, since its normalizer stands in for the charsmap with Unicode's NFKC.
    this.unigram = new UnigramTokenizer({
      added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null,
      model: { type: 'Unigram', unk_id: model.unknownId, vocab: model.pieces.map(([piece, score]) => [piece, score]) },
    }, { eos_token: roles.eos });
    const idOf = (content: string): number => added.find((entry) => entry.content === content)!.id;
    this.eos = idOf(roles.eos);
    this.pad = idOf(roles.pad);
    this.fingerprint = tokenizerFingerprint(this.hash, { maxLength, roles: { eos: this.eos, pad: this.pad }, added });
  }

  encode(text: string): number[] {
    return splitAt(text, this.added).flatMap((part) => (typeof part === 'string' ? this.encodePlain(part) : [part.id]));
  }

  encodePrompt(text: string): PromptTokens {
    const tokens = this.encode(text);
    const kept = tokens.slice(0, this.maxLength - 1);
    const ids = [...kept, this.eos];
    while (ids.length < this.maxLength) ids.push(this.pad);
    return { ids, textStart: 0, textEnd: kept.length, truncated: tokens.slice(kept.length) };
  }

  tokenText(id: number): string {
    const piece = this.model.pieces[id];
    if (piece === undefined) throw new RangeError(`T5 tokenizer: token id must be 0..${this.vocabularySize - 1}, got ${id}`);
    return piece[0];
  }

  /** Every word gets a space before it, and is cut before every further one that stands for itself in the text. */
  private encodePlain(text: string): number[] {
    const words = (this.charsmap?.normalize(text) ?? text).split(WHITE_SPACE).filter((word) => word !== '');
    const pieces = words.flatMap((word) => (word.startsWith(SPACE) ? word : SPACE + word).split(/(?=\u2581)/u)).flatMap((word) => this.unigram.tokenize(word));
    return pieces.map((piece) => this.ids.get(piece) ?? this.unknownId);
  }
}

/** The text in pieces around the tokens that stand in it: the leftmost first, of several at one place the longest. White space that belongs to a token is taken off its neighbours. */
function splitAt(text: string, tokens: readonly AddedToken[]): (string | AddedToken)[] {
  const byContent = new Map(tokens.map((entry) => [entry.content, entry]));
  const contents = [...byContent.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(`(${contents.map((content) => content.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})`, 'u');
  const parts = text.split(pattern).map((part) => byContent.get(part) ?? part);
  return parts.map((part, index) => {
    if (typeof part !== 'string') return part;
    const [before, after] = [parts[index - 1], parts[index + 1]];
    let kept = part;
    if (typeof before === 'object' && before.rstrip) kept = kept.replace(/^\p{White_Space}+/u, '');
    if (typeof after === 'object' && after.lstrip) kept = kept.replace(/\p{White_Space}+$/u, '');
    return kept;
  }).filter((part) => part !== '');
}

/** SHA-256 of the canonical tokenizer: pieces and scores by id, normalization, added tokens; not what differs between writers of the same one. */
function hashOf({ pieces, unknownId, charsmap }: UnigramModel, added: readonly AddedToken[]): string {
  const canonical = {
    added_tokens: added.map(({ content, id }) => ({ content, id })).sort((a, b) => a.id - b.id),
    charsmap: charsmap === undefined ? null : bytesToHex(sha256(charsmap)),
    model: { type: 'Unigram', unk_id: unknownId, vocab: pieces },
  };
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify(canonical))));
}
