import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { inputError, type AppError } from '../../../contract/errors.ts';
import { printable } from '../printable.ts';

/** A unigram model: pieces with their log probabilities, by id. */
export interface UnigramModel {
  readonly pieces: readonly (readonly [string, number])[];
  readonly unknownId: number;
  /** SentencePiece's precompiled normalization; undefined when text is taken as it is. */
  readonly charsmap: Uint8Array | undefined;
}

/** Pieces that T5 adds behind those of its SentencePiece model, the last number first: `<extra_id_99>` has the first id. */
const EXTRA_IDS = 100;

/**
 * Takes the model out of a `tokenizer.json`. Its pre-tokenizer is not read: transformers puts T5's own in its place, and keeps the charsmap of the normalizer alone.
 * @param label What to call the folder in messages, with a slash at its end.
 * @throws AppError naming the key for another kind of model.
 */
export function readUnigramJson(json: Readonly<Record<string, unknown>>, label: string): UnigramModel & { readonly addedTokens: readonly unknown[] } {
  const where = `${label}tokenizer.json`;
  const { model, normalizer = null, added_tokens: addedTokens = [] } = json;
  if (!isRecord(model)) throw fault(where, 'model must be an object', model);
  if (model['type'] !== 'Unigram') throw fault(where, 'model.type must be "Unigram"', model['type']);
  if (model['byte_fallback'] === true) throw fault(where, 'model.byte_fallback must be off', true);
  const { vocab, unk_id: unknownId } = model;
  if (!Array.isArray(vocab)) throw fault(where, 'model.vocab must be a list', vocab);
  if (!Array.isArray(addedTokens)) throw fault(where, 'added_tokens must be a list', addedTokens);
  const pieces = vocab.map((entry: unknown, id): [string, number] => {
    const valid = Array.isArray(entry) && entry.length === 2 && typeof entry[0] === 'string' && Number.isFinite(entry[1]);
    if (!valid) throw fault(where, `model.vocab[${id}] must be a piece and its score`, entry);
    return entry as [string, number];
  });
  return { ...checked({ pieces, unknownId: unknownId as number, charsmap: charsmapOf(normalizer, where) }, where), addedTokens };
}

function charsmapOf(normalizer: unknown, where: string): Uint8Array | undefined {
  if (!isRecord(normalizer)) return undefined;
  const list: unknown = normalizer['type'] === 'Sequence' ? normalizer['normalizers'] : [normalizer];
  const precompiled: unknown = Array.isArray(list) ? list.find((entry) => isRecord(entry) && entry['type'] === 'Precompiled') : undefined;
  const text = isRecord(precompiled) ? precompiled['precompiled_charsmap'] : undefined;
  if (text === undefined || text === null) return undefined;
  try {
    return Uint8Array.from(atob(text as string), (character) => character.charCodeAt(0));
  } catch {
    throw fault(where, 'normalizer.precompiled_charsmap must be base64', text);
  }
}

/** Fields of sentencepiece_model.proto: ModelProto { pieces = 1, trainer_spec = 2, normalizer_spec = 3 }. */
const PIECES = 1;
const TRAINER = 2;
const NORMALIZER = 3;
/** SentencePiece { piece = 1, score = 2 }, TrainerSpec { model_type = 3, unk_id = 40 }, NormalizerSpec { precompiled_charsmap = 2 }. */
const PIECE_TEXT = 1;
const PIECE_SCORE = 2;
const MODEL_TYPE = 3;
const UNKNOWN_ID = 40;
const CHARSMAP = 2;
const UNIGRAM = 1;

/**
 * Reads a `spiece.model` (SentencePiece's protobuf file) as T5 uses it: its pieces, and 100 extra ids behind them.
 * @throws AppError when the bytes are no such file, or the model isn't a unigram model.
 */
export function readSentencePiece(bytes: Uint8Array, where: string): UnigramModel {
  const pieces: [string, number][] = [];
  let [type, unknownId, charsmap]: [number, number, Uint8Array | undefined] = [UNIGRAM, 0, undefined];
  try {
    readFields(bytes, {
      [PIECES]: bytesField('pieces', (piece) => { pieces.push(readPiece(piece)); }),
      [TRAINER]: bytesField('trainer_spec', (trainer) => {
        readFields(trainer, { [MODEL_TYPE]: integerField('model_type', (value) => { type = value; }), [UNKNOWN_ID]: integerField('unk_id', (value) => { unknownId = value; }) });
      }),
      [NORMALIZER]: bytesField('normalizer_spec', (normalizer) => {
        readFields(normalizer, { [CHARSMAP]: bytesField('precompiled_charsmap', (value) => { charsmap = Uint8Array.from(value); }) });
      }),
    });
  } catch (error) {
    throw inputError('tokenizer.file', where, 'must be a SentencePiece model', { got: (error as Error).message });
  }
  if (pieces.length === 0) throw fault(where, 'must hold pieces', 0);
  if (type !== UNIGRAM) throw fault(where, 'model_type must be 1 (unigram)', type);
  const extra = Array.from({ length: EXTRA_IDS }, (_, index): [string, number] => [`<extra_id_${EXTRA_IDS - 1 - index}>`, 0]);
  const known = new Set(pieces.map(([piece]) => piece));
  return checked({ pieces: [...pieces, ...extra.filter(([piece]) => !known.has(piece))], unknownId, charsmap: emptyAsNone(charsmap) }, where);
}

function readPiece(bytes: Uint8Array): [string, number] {
  let [piece, score] = ['', 0];
  readFields(bytes, {
    [PIECE_TEXT]: { name: 'piece', wireType: WireType.LengthDelimited, read: (reader) => { piece = reader.string(); } },
    [PIECE_SCORE]: { name: 'score', wireType: WireType.Bit32, read: (reader) => { score = reader.float(); } },
  });
  return [piece, score];
}

interface Field {
  /** As sentencepiece_model.proto calls it. */
  readonly name: string;
  readonly wireType: WireType;
  readonly read: (reader: BinaryReader) => void;
}

function bytesField(name: string, take: (bytes: Uint8Array) => void): Field {
  return { name, wireType: WireType.LengthDelimited, read: (reader) => { take(reader.bytes()); } };
}

function integerField(name: string, take: (value: number) => void): Field {
  return { name, wireType: WireType.Varint, read: (reader) => { take(reader.int32()); } };
}

/** Reads the fields of a message; those that aren't asked for are skipped. @throws Error for a field of another wire type than it must have, which would be read as nonsense. */
function readFields(bytes: Uint8Array, fields: Readonly<Record<number, Field>>): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const field = fields[number];
    if (field === undefined) reader.skip(wireType, number);
    else if (field.wireType === wireType) field.read(reader);
    else throw new Error(`${field.name} (field ${number}) has wire type ${wireType}, must have ${field.wireType}`);
  }
}

function emptyAsNone(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes === undefined || bytes.length === 0 ? undefined : bytes;
}

function checked(model: UnigramModel, where: string): UnigramModel {
  const { pieces, unknownId } = model;
  if (pieces.length === 0) throw fault(where, 'the vocabulary must hold pieces', 0);
  if (!Number.isInteger(unknownId) || unknownId < 0 || unknownId >= pieces.length) throw fault(where, `the id of the unknown piece must be 0..${pieces.length - 1}`, unknownId);
  const seen = new Set<string>();
  for (const [piece] of pieces) {
    if (seen.has(piece)) throw fault(where, 'pieces must be unique', piece);
    seen.add(piece);
  }
  return model;
}

function fault(where: string, rule: string, got: unknown): AppError {
  return inputError('tokenizer.file', where, rule, { got: printable(got) });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
