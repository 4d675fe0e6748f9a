import { inputError, type AppError } from '../../../contract/errors.ts';
import { printable } from '../printable.ts';

/** A byte-pair model: pieces with ids, and merges in order of rank. */
export interface BytePairModel {
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly merges: readonly (readonly [string, string])[];
}

/** What CLIP's pieces at the end of a word are marked with. */
export const END_OF_WORD = '</w>';

/**
 * Checks `vocab.json` and `merges.txt`.
 * @param label What to call their folder in messages, with a slash at its end.
 * @throws AppError naming the file and the entry for an id that isn't one or is used twice, and for a merge of unknown pieces.
 */
export function readVocabAndMerges(vocab: Readonly<Record<string, unknown>>, merges: string, label: string): BytePairModel {
  const lines = merges.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#version'));
  const pairs = lines.map((line) => line.split(' '));
  return checked({ vocabulary: readVocabulary(vocab, `${label}vocab.json`), merges: pairs as [string, string][] }, `${label}merges.txt`);
}

/**
 * Takes the byte-pair model out of a `tokenizer.json`. Its normalizer and pre-tokenizer are not read: transformers puts CLIP's own in their place.
 * @throws AppError naming the key for another kind of model.
 */
export function readTokenizerJson(json: Readonly<Record<string, unknown>>, label: string): BytePairModel & { readonly addedTokens: readonly unknown[] } {
  const where = `${label}tokenizer.json`;
  const { model, added_tokens: addedTokens = [], post_processor: processor } = json;
  if (!isRecord(model)) throw fault(where, 'model must be an object', model);
  const expected: Record<string, unknown> = { type: 'BPE', end_of_word_suffix: END_OF_WORD };
  for (const [key, value] of Object.entries(expected)) {
    if (model[key] !== value) throw fault(where, `model.${key} must be ${printable(value)}`, model[key]);
  }
  for (const key of ['dropout', 'continuing_subword_prefix', 'byte_fallback', 'ignore_merges', 'fuse_unk']) {
    if (model[key]) throw fault(where, `model.${key} must be off`, model[key]);
  }
  if (isRecord(processor) && processor['type'] !== 'RobertaProcessing') throw fault(where, 'post_processor.type must be "RobertaProcessing"', processor['type']);
  if (!isRecord(model['vocab'])) throw fault(where, 'model.vocab must be an object', model['vocab']);
  if (!Array.isArray(model['merges'])) throw fault(where, 'model.merges must be a list', model['merges']);
  if (!Array.isArray(addedTokens)) throw fault(where, 'added_tokens must be a list', addedTokens);
  const merges = model['merges'].map((merge: unknown) => (typeof merge === 'string' ? merge.split(' ') : merge)) as [string, string][];
  return { ...checked({ vocabulary: readVocabulary(model['vocab'], where), merges }, where), addedTokens };
}

function readVocabulary(vocab: Readonly<Record<string, unknown>>, where: string): ReadonlyMap<string, number> {
  const entries = Object.entries(vocab);
  const taken = new Map<number, string>();
  for (const [piece, id] of entries) {
    if (!Number.isInteger(id) || (id as number) < 0 || (id as number) >= entries.length) {
      throw fault(where, `the id of ${printable(piece)} must be 0..${entries.length - 1}`, id);
    }
    const other = taken.get(id as number);
    if (other !== undefined) throw fault(where, `ids must be unique, but ${printable(other)} and ${printable(piece)} share one`, id);
    taken.set(id as number, piece);
  }
  return new Map(entries as [string, number][]);
}

function checked(model: BytePairModel, where: string): BytePairModel {
  model.merges.forEach((merge, index) => {
    const known = Array.isArray(merge) && merge.length === 2 && [merge[0], merge[1], merge.join('')].every((piece) => model.vocabulary.has(piece));
    if (!known) throw fault(where, `merge ${index + 1} must be two pieces that are, alone and joined, in the vocabulary`, merge);
  });
  return model;
}

function fault(where: string, rule: string, got: unknown): AppError {
  return inputError('tokenizer.file', where, rule, { got: printable(got) });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
