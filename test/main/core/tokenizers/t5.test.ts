import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createT5Tokenizer } from '../../../../src/main/core/tokenizers/t5.ts';
import type { Tokenizer } from '../../../../src/main/core/tokenizers/tokenizer.ts';
import { readSentencePiece, readUnigramJson, type UnigramModel } from '../../../../src/main/core/tokenizers/unigram-files.ts';
import { REFERENCE } from '../../../support/reference-case.ts';

const FOLDER = join(REFERENCE, 't5-tokens');
const { max_length: maxLength } = JSON.parse(readFileSync(join(FOLDER, 'case.json'), 'utf8')) as { max_length: number };
const reference = JSON.parse(gunzipSync(readFileSync(join(FOLDER, 'strings.json.gz'))).toString('utf8')) as { strings: string[]; ids: number[][]; padded: number[][] };

type Json = Readonly<Record<string, unknown>>;
const json = (...path: string[]): Json => JSON.parse(readFileSync(join(FOLDER, ...path), 'utf8')) as Json;
const sentencePiece = new Uint8Array(readFileSync(join(FOLDER, 'sentencepiece', 'spiece.model')));

const tokenizers: Readonly<Record<string, (config?: Json) => Tokenizer>> = {
  'spiece.model': (config = json('sentencepiece', 'tokenizer_config.json')) => createT5Tokenizer({ label: 'tokenizer_3/', tokenizerConfig: config, sentencePiece, maxLength: 256 }),
  'tokenizer.json': (config = json('tokenizer-json', 'tokenizer_config.json')) => createT5Tokenizer({ label: 'tokenizer_3/', tokenizerConfig: config, tokenizerJson: json('tokenizer-json', 'tokenizer.json'), maxLength: 256 }),
};

describe.each(Object.entries(tokenizers))('T5 tokenizer from %s', (_name, create) => {
  const tokenizer = create();

  it('gives transformers\' ids', () => {
    const wrong = reference.strings.flatMap((text, index) => (String(tokenizer.encode(text)) === String(reference.ids[index]) ? [] : [{ text, got: tokenizer.encode(text), wanted: reference.ids[index] }]));
    expect(wrong).toEqual([]);
    expect(reference.strings.length).toBeGreaterThan(600);
  });

  it('pads, cuts and ends prompts as transformers does', () => {
    expect(tokenizer.maxLength).toBe(maxLength);
    reference.strings.forEach((text, index) => {
      const { ids, textStart, textEnd, truncated } = tokenizer.encodePrompt(text);
      expect(ids, text).toEqual(reference.padded[index]);
      expect([textStart, textEnd]).toEqual([0, Math.min(reference.ids[index]!.length, maxLength - 1)]);
      expect([...ids.slice(0, textEnd), ...truncated]).toEqual(reference.ids[index]);
    });
  });

  it('says what a token is', () => {
    expect(tokenizer.encode('a photo').map((id) => tokenizer.tokenText(id)).join('')).toBe('\u2581a\u2581photo');
    expect(() => tokenizer.tokenText(tokenizer.vocabularySize)).toThrow('token id must be 0..');
  });

  it('takes the pipeline\'s limit where the tokenizer has none or a higher one', () => {
    const config = { ...json('sentencepiece', 'tokenizer_config.json') };
    expect(create({ ...config, model_max_length: 512 }).maxLength).toBe(256);
    expect(create({ ...config, model_max_length: 1e30 }).maxLength).toBe(256);
  });

  it('has a fingerprint of all that decides ids: length, roles and flags beside what the hash covers', () => {
    const config = json('sentencepiece', 'tokenizer_config.json');
    const added = config['added_tokens_decoder'] as Readonly<Record<string, Json>>;
    const others = [{ model_max_length: 16 }, { pad_token: '</s>' }, { eos_token: '<pad>' }, { added_tokens_decoder: { ...added, 182: { ...added['182'], lstrip: false } } }];
    const made = others.map((change) => create({ ...config, ...change }));
    const same = create(config);
    expect(new Set(made.map(({ hash }) => hash))).toEqual(new Set([same.hash]));
    expect(new Set([same, ...made].map(({ fingerprint }) => fingerprint)).size).toBe(1 + others.length);
    expect(create({ ...config, name_or_path: 'elsewhere' }).fingerprint).toBe(same.fingerprint);
  });

  it('names the token that stands for text without a piece', () => {
    expect(tokenizer.tokenText(tokenizer.unknownId!)).toBe('<unk>');
    expect(tokenizer.encode('\u9f8d\u738b').map((id) => tokenizer.tokenText(id))).toEqual(['\u2581', '<unk>']);
  });

  it.each([
    ['another class', { tokenizer_class: 'CLIPTokenizer' }, 'tokenizer_class must be one of'],
    ['an id that the vocabulary does not have', { added_tokens_decoder: { 5: { content: '</s>' } } }, 'must have the vocabulary\'s id 1, got 5'],
    ['a token outside the vocabulary', { pad_token: '<nothing>' }, 'special token "<nothing>": must be in the vocabulary'],
  ])('refuses %s', (_title, options, message) => {
    expect(() => create({ ...json('sentencepiece', 'tokenizer_config.json'), ...options })).toThrow(message);
  });
});

it('both files of one tokenizer have one hash, and another scoring has another', () => {
  const [first, second] = Object.values(tokenizers).map((create) => create().hash);
  expect(first).toBe(second);
  const tokenizerJson = structuredClone(json('tokenizer-json', 'tokenizer.json')) as { model: { vocab: [string, number][] } };
  tokenizerJson.model.vocab[10]![1] -= 0.5;
  expect(createT5Tokenizer({ label: '', tokenizerConfig: json('tokenizer-json', 'tokenizer_config.json'), tokenizerJson, maxLength: 256 }).hash).not.toBe(first);
});

describe('files', () => {
  const model = json('tokenizer-json', 'tokenizer.json') as { model: Json; normalizer: Json };
  it.each([
    ['another kind of model', { ...model, model: { ...model.model, type: 'BPE' } }, 'tokenizer.json: model.type must be "Unigram", got "BPE"'],
    ['pieces without scores', { ...model, model: { ...model.model, vocab: ['a'] } }, 'model.vocab[0] must be a piece and its score'],
    ['an unknown piece that is not there', { ...model, model: { ...model.model, unk_id: 9999 } }, 'the id of the unknown piece must be 0..'],
    ['a piece twice', { ...model, model: { ...model.model, vocab: [['a', 0], ['a', 1]], unk_id: 0 } }, 'pieces must be unique, got "a"'],
    ['a charsmap that is no base64', { ...model, normalizer: { type: 'Precompiled', precompiled_charsmap: '***' } }, 'precompiled_charsmap must be base64'],
  ])('tokenizer.json with %s is refused', (_title, changed, message) => {
    expect(() => readUnigramJson(changed, '')).toThrow(message);
  });

  it('a charsmap that is cut off is refused', () => {
    const tokenizerJson = { ...model, normalizer: { type: 'Precompiled', precompiled_charsmap: 'AAQAAAA=' } };
    expect(() => createT5Tokenizer({ label: 'tokenizer_3/', tokenizerConfig: {}, tokenizerJson, maxLength: 256 })).toThrow('the charsmap must hold a trie');
  });

  it('bytes that are no SentencePiece model are refused', () => {
    expect(() => readSentencePiece(new TextEncoder().encode('not a model'), 'spiece.model')).toThrow('spiece.model');
    expect(() => readSentencePiece(sentencePiece.subarray(0, 1000), 'spiece.model')).toThrow('spiece.model: must be a SentencePiece model');
    expect(() => readSentencePiece(new Uint8Array(), 'spiece.model')).toThrow('spiece.model: must hold pieces, got 0');
  });

  it('fields of another wire type than the format says are refused by name; unknown fields are skipped', () => {
    const piece = new BinaryWriter().tag(1, WireType.LengthDelimited).string('<unk>').tag(2, WireType.Bit32).float(-1).finish();
    const model = (write: (writer: BinaryWriter) => BinaryWriter): Uint8Array => write(new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(piece)).finish();
    const read = (bytes: Uint8Array): UnigramModel => readSentencePiece(bytes, 'spiece.model');
    expect(read(model((writer) => writer.tag(90, WireType.Varint).int32(7).tag(91, WireType.StartGroup).tag(5, WireType.Varint).int32(1).tag(91, WireType.EndGroup))).pieces[0]).toEqual(['<unk>', -1]);
    const inner = (write: (writer: BinaryWriter) => BinaryWriter): Uint8Array => write(new BinaryWriter()).finish();
    const wrong: readonly (readonly [string, Uint8Array])[] = [
      ['pieces (field 1) has wire type 0, must have 2', model((writer) => writer.tag(1, WireType.Varint).int32(3))],
      ['pieces (field 1) has wire type 3, must have 2', model((writer) => writer.tag(1, WireType.StartGroup).tag(1, WireType.EndGroup))],
      ['piece (field 1) has wire type 0, must have 2', model((writer) => writer.tag(1, WireType.LengthDelimited).bytes(inner((one) => one.tag(1, WireType.Varint).int32(3))))],
      ['score (field 2) has wire type 0, must have 5', model((writer) => writer.tag(1, WireType.LengthDelimited).bytes(inner((one) => one.tag(2, WireType.Varint).int32(3))))],
      ['model_type (field 3) has wire type 2, must have 0', model((writer) => writer.tag(2, WireType.LengthDelimited).bytes(inner((one) => one.tag(3, WireType.LengthDelimited).string('x'))))],
      ['precompiled_charsmap (field 2) has wire type 0, must have 2', model((writer) => writer.tag(3, WireType.LengthDelimited).bytes(inner((one) => one.tag(2, WireType.Varint).int32(3))))],
    ];
    for (const [message, bytes] of wrong) expect(() => read(bytes)).toThrow(`spiece.model: must be a SentencePiece model, got ${message}`);
  });
});
