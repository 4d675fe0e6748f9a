import { z } from 'zod';
import { inputError } from '../../../contract/errors.ts';
import { printable } from '../printable.ts';

/** A token that is found in the text as it stands, before any byte-pair merging. */
export interface AddedToken {
  readonly content: string;
  readonly id: number;
  /** Whether it is looked for in the normalized (lower-case) text instead of the raw one. */
  readonly normalized: boolean;
}

/** The tokens with a role, by content. */
export interface SpecialTokens {
  readonly bos: string;
  readonly eos: string;
  readonly unk: string;
  readonly pad: string;
  readonly added: readonly AddedToken[];
  readonly maxLength: number;
}

const ROLES = ['bos', 'eos', 'unk', 'pad'] as const;
const CLASSES = ['CLIPTokenizer', 'CLIPTokenizerFast'] as const;

const only = (value: string | boolean): z.ZodType => z.custom((got) => got === value, { error: `must be ${printable(value)}` }).optional();

/** Stripping and whole-word matching never occur with CLIP's tokens. */
const token = z.union([
  z.string().min(1),
  z.object({
    __type: z.literal('AddedToken').optional(),
    content: z.string().min(1),
    id: z.int().nonnegative().optional(),
    lstrip: z.literal(false).default(false),
    rstrip: z.literal(false).default(false),
    single_word: z.literal(false).default(false),
    normalized: z.boolean().default(true),
    special: z.boolean().default(true),
  }).strict(),
], { error: 'must be a token: text, or an object of content, normalized and special, with lstrip, rstrip and single_word false' });
type Token = z.output<typeof token>;

const roleShape = { bos_token: token.nullish(), eos_token: token.nullish(), unk_token: token.nullish(), pad_token: token.nullish() };
const tokenList = z.array(token, { error: 'must be a list of tokens' }).optional();
const ignored = z.unknown().optional();

/** special_tokens_map.json. */
const mapSchema = z.object({ ...roleShape, additional_special_tokens: tokenList, extra_special_tokens: tokenList }).strict();

/** tokenizer_config.json. What transformers itself ignores for this class, or uses for other things than ids, is let through. */
const configSchema = z.object({
  ...roleShape,
  tokenizer_class: z.enum(CLASSES, { error: `must be one of ${CLASSES.map(printable).join(', ')}` }).default('CLIPTokenizer'),
  model_max_length: z.int({ error: 'must be a whole number 3..65536' }).min(3, 'must be a whole number 3..65536').max(65536, 'must be a whole number 3..65536'),
  added_tokens_decoder: z.record(z.string().regex(/^\d+$/, 'must have token ids as keys'), token, { error: 'must map token ids to tokens' }).optional(),
  additional_special_tokens: tokenList,
  extra_special_tokens: tokenList,
  add_prefix_space: z.boolean({ error: 'must be true or false' }).optional(),
  do_lower_case: only(true),
  errors: only('replace'),
  padding_side: only('right'),
  truncation_side: only('right'),
  split_special_tokens: only(false),
  backend: only('tokenizers'),
  auto_map: ignored, chat_template: ignored, clean_up_tokenization_spaces: ignored, is_local: ignored, local_files_only: ignored,
  max_length: ignored, model_input_names: ignored, name_or_path: ignored, pad_to_multiple_of: ignored, pad_token_type_id: ignored,
  processor_class: ignored, special_tokens_map_file: ignored, stride: ignored, tokenizer_file: ignored, truncation_strategy: ignored,
  use_fast: ignored,
}).strict();

type Config = z.output<typeof configSchema>;
type SpecialTokensMap = z.output<typeof mapSchema>;

/** What the tokenizer's files say of special tokens. */
export interface SpecialTokenFiles {
  /** What to call the folder in messages; file names are appended. */
  readonly label: string;
  readonly tokenizerConfig: Readonly<Record<string, unknown>>;
  /** {} where the file is missing. */
  readonly specialTokensMap: Readonly<Record<string, unknown>>;
  /** `added_tokens` of a tokenizer.json. */
  readonly addedTokens?: readonly unknown[];
}

/**
 * The special tokens as transformers resolves them: `added_tokens_decoder` of the config decides where it exists; else the special tokens map
 * goes before the config. What neither names is CLIP's own.
 * @param idOf Looks a token up in the vocabulary.
 * @throws AppError naming file, key and value for an unknown option, an unsupported value or a token outside the vocabulary.
 */
export function resolveSpecialTokens(files: SpecialTokenFiles, idOf: (content: string) => number | undefined): SpecialTokens {
  const config = parseFile(configSchema, files.tokenizerConfig, `${files.label}tokenizer_config.json`);
  const map = parseFile(mapSchema, files.specialTokensMap, `${files.label}special_tokens_map.json`);
  const merged = config.added_tokens_decoder === undefined ? { ...config, ...map } : config;
  const contents = Object.fromEntries(ROLES.map((role) => [role, contentOf(merged[`${role}_token`] ?? defaultOf(role))])) as Record<(typeof ROLES)[number], string>;
  const added = new Map<string, AddedToken>();
  for (const { token: listed, id: stated } of listTokens(files, config, merged)) {
    const content = contentOf(listed);
    const id = idOf(content);
    if (id === undefined || (stated !== undefined && stated !== id)) {
      const rule = stated === undefined ? 'must be in the vocabulary' : `must have the vocabulary's id ${id ?? '(it has none)'}`;
      throw inputError('tokenizer.special-token', `${files.label.replace(/\/$/, '')} special token ${printable(content)}`, rule, { got: printable(stated) });
    }
    // A token that is named twice keeps the flags of the last.
    added.set(content, { content, id, normalized: typeof listed === 'string' ? false : listed.normalized });
  }
  return { ...contents, added: [...added.values()], maxLength: config.model_max_length };
}

interface ListedToken {
  readonly token: Token;
  readonly id?: number;
}

/** Tokens in the order in which transformers adds them: those with ids first, then the roles and extra ones that are new. */
function listTokens(files: SpecialTokenFiles, config: Config, merged: Config & SpecialTokensMap): ListedToken[] {
  const withIds: ListedToken[] = Object.entries(config.added_tokens_decoder ?? {}).map(([id, entry]) => ({ token: entry, id: Number(id) }));
  if (config.added_tokens_decoder === undefined) {
    for (const entry of files.addedTokens ?? []) {
      const parsed = parseFile(z.object({ added_tokens: token }), { added_tokens: entry }, `${files.label}tokenizer.json`).added_tokens;
      withIds.push({ token: parsed, ...(typeof parsed === 'string' || parsed.id === undefined ? {} : { id: parsed.id }) });
    }
  }
  const known = new Set(withIds.map(({ token: entry }) => contentOf(entry)));
  const roles = ROLES.map((role) => merged[`${role}_token`] ?? defaultOf(role));
  const extra = merged.extra_special_tokens ?? merged.additional_special_tokens ?? [];
  return [...withIds, ...[...roles, ...extra].filter((entry) => !known.has(contentOf(entry))).map((entry) => ({ token: entry }))];
}

function defaultOf(role: (typeof ROLES)[number]): string {
  return role === 'bos' ? '<|startoftext|>' : '<|endoftext|>';
}

function contentOf(entry: Token): string {
  return typeof entry === 'string' ? entry : entry.content;
}

function parseFile<S extends z.ZodType>(schema: S, value: unknown, where: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const path = [...issue.path, ...(unknown === undefined ? [] : [unknown])].map(String);
  const got = path.reduce<unknown>((inner, key) => (typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined), value);
  throw inputError('tokenizer.option', where, `${path.join('.')} ${unknown === undefined ? issue.message : 'is not an option that is known'}`, { got: printable(got) });
}
