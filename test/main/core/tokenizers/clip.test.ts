import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../src/contract/errors.ts';
import { createClipTokenizer } from '../../../../src/main/core/tokenizers/clip.ts';
import type { Tokenizer } from '../../../../src/main/core/tokenizers/tokenizer.ts';

const FOLDER = new URL('../../../fixtures/reference/tiny-sd15/tokenizer/', import.meta.url);
type Json = Record<string, unknown>;

function json(name: string): Json {
  return JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as Json;
}

const vocab = json('vocab.json');
const merges = readFileSync(new URL('merges.txt', FOLDER), 'utf8');
const config = json('tokenizer_config.json');
const map = json('special_tokens_map.json');

interface Changes {
  readonly vocab?: Json;
  readonly merges?: string;
  readonly config?: Json;
  readonly map?: Json;
}

function create(changes: Changes = {}): Tokenizer {
  return createClipTokenizer({
    label: 'model/tokenizer/',
    vocab: changes.vocab ?? vocab,
    merges: changes.merges ?? merges,
    tokenizerConfig: { ...config, ...changes.config },
    specialTokensMap: changes.map ?? map,
  });
}

/** The same tokenizer as newer folders hold it. */
function tokenizerJson(): Json {
  const added = (id: number, content: string): Json => ({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true });
  return {
    version: '1.0',
    added_tokens: [added(772, '<|startoftext|>'), added(773, '<|endoftext|>')],
    post_processor: { type: 'RobertaProcessing', sep: ['<|endoftext|>', 773], cls: ['<|startoftext|>', 772] },
    model: { type: 'BPE', dropout: null, unk_token: '<|endoftext|>', continuing_subword_prefix: '', end_of_word_suffix: '</w>', fuse_unk: false, vocab, merges: merges.trim().split('\n').slice(1).map((line) => line.split(' ')) },
  };
}

const pieces = (tokenizer: Tokenizer, text: string): string => tokenizer.encode(text).map((id) => tokenizer.tokenText(id)).join(' ');

describe('the CLIP tokenizer', () => {
  const tokenizer = create();

  // Ids that transformers 5.23's CLIPTokenizer gives with this vocabulary.
  it.each([
    ['<|endoftext|> a', '<|endoftext|> a</w>'],
    ['  A <|startoftext|>  x', 'a</w> <|startoftext|> x</w>'],
    [' \n\t', ''],
    ['', ''],
    ['a\u00a0b\u3000c\u0085d', 'a</w> b</w> c</w> d</w>'],
    ['a\ufeffb', 'a</w> ï » ¿</w> b</w>'],
    ["don't I'll 12 ½", "don</w> 't</w> i</w> 'll</w> 1</w> 2</w> Â ½</w>"],
    ['ΣΑΣ', 'Ï ĥ Î ± Ï ĥ</w>'],
    ['E\u0301 É', 'Ã ©</w> Ã ©</w>'],
    ['İ', 'i</w> Ì ĩ</w>'],
  ])('splits %j', (text, expected) => {
    expect(pieces(tokenizer, text)).toBe(expected);
  });

  it('looks for a special token in lower case only where its flags say so, as transformers does', () => {
    // In this folder the start token is `normalized`, and the plain `pad_token` makes the end token raw.
    expect(tokenizer.encode('<|STARTOFTEXT|>')).toEqual([772]);
    expect(pieces(tokenizer, '<|ENDOFTEXT|>')).toBe('< |</w> e n do f te x t</w> | ></w>');
  });

  it('frames, pads and truncates prompts', () => {
    const short = tokenizer.encodePrompt('a');
    expect(short.ids).toEqual([772, 320, ...new Array<number>(75).fill(773)]);
    expect([short.textStart, short.textEnd, short.truncated]).toEqual([1, 2, []]);
    const long = tokenizer.encodePrompt(`${'a '.repeat(75)}b x`);
    expect(long.ids).toEqual([772, ...new Array<number>(75).fill(320), 773]);
    expect([long.textStart, long.textEnd, long.truncated]).toEqual([1, 76, [321, 343]]);
    expect(tokenizer.encodePrompt('').ids).toEqual([772, ...new Array<number>(76).fill(773)]);
  });

  it('pads with the token that the folder names', () => {
    const padded = create({ map: { ...map, pad_token: '!' } });
    expect(padded.encodePrompt('a').ids.slice(0, 4)).toEqual([772, 320, 773, 0]);
    // A pad token is a special token: it is found in the text, too.
    expect(padded.encode('a!')).toEqual([320, 0]);
    expect(tokenizer.encode('a!')).not.toContain(0);
  });

  it('is the same from vocab.json and from tokenizer.json', () => {
    const other = createClipTokenizer({ label: 'x/', tokenizerJson: tokenizerJson(), tokenizerConfig: config, specialTokensMap: {} });
    expect(other.hash).toBe(tokenizer.hash);
    for (const text of ['A photo of Aldric Vortex-9 CyberNebula', "it's 12 o'clock!", '😀 été']) expect(other.encode(text)).toEqual(tokenizer.encode(text));
  });

  it('has a hash of vocabulary, merges and special tokens, and of nothing else', () => {
    expect(tokenizer.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(create({ config: { model_max_length: 60, name_or_path: 'elsewhere' } }).hash).toBe(tokenizer.hash);
    expect(create({ merges: merges.trim().split('\n').slice(0, -1).join('\n') }).hash).not.toBe(tokenizer.hash);
    expect(create({ vocab: { ...vocab, '!': vocab['"'], '"': vocab['!'] } }).hash).not.toBe(tokenizer.hash);
    expect(create({ map: { ...map, pad_token: '!' } }).hash).not.toBe(tokenizer.hash);
    expect(create({ vocab: Object.fromEntries(Object.entries(vocab).reverse()) }).hash).toBe(tokenizer.hash);
  });

  it('has a fingerprint of all that decides ids: length, roles and flags beside what the hash covers', () => {
    const raw = { content: '<|startoftext|>', normalized: false };
    const others: Changes[] = [{ config: { model_max_length: 60 } }, { map: { ...map, pad_token: '<|startoftext|>' } }, { map: { ...map, eos_token: '<|startoftext|>' } }, { map: { ...map, bos_token: '<|endoftext|>', pad_token: '<|startoftext|>' } }, { map: { ...map, bos_token: raw } }];
    const made = others.map(create);
    expect(new Set(made.map(({ hash }) => hash))).toEqual(new Set([tokenizer.hash]));
    expect(new Set([tokenizer, ...made].map(({ fingerprint }) => fingerprint)).size).toBe(1 + others.length);
    expect(create({ config: { name_or_path: 'elsewhere' } }).fingerprint).toBe(tokenizer.fingerprint);
    expect(create({ merges: merges.trim().split('\n').slice(0, -1).join('\n') }).fingerprint).not.toBe(tokenizer.fingerprint);
  });

  it('has pieces for every text, so no token for the unknown', () => {
    expect(tokenizer.unknownId).toBeUndefined();
  });

  it('knows its size and the text of every token', () => {
    expect(tokenizer.vocabularySize).toBe(774);
    expect(tokenizer.maxLength).toBe(77);
    expect(tokenizer.tokenText(320)).toBe('a</w>');
    expect(() => tokenizer.tokenText(774)).toThrow('token id must be 0..773, got 774');
  });

  it('takes any text, half surrogate pairs and 100,000 letters included', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
      for (const id of tokenizer.encode(text)) expect(tokenizer.tokenText(id)).toBeTypeOf('string');
      expect(tokenizer.encodePrompt(text).ids).toHaveLength(77);
    }), { numRuns: 300 });
    expect(tokenizer.encode('\ud800').length).toBeGreaterThan(0);
    expect(tokenizer.encode('a'.repeat(100_000)).length).toBeGreaterThan(1000);
  });

  const faults: [string, () => unknown, string][] = [
    ['an unknown option', () => create({ config: { do_upper_case: true } }), 'model/tokenizer/tokenizer_config.json: do_upper_case is not an option that is known, got true'],
    ['another class', () => create({ config: { tokenizer_class: 'T5Tokenizer' } }), 'tokenizer_class must be one of "CLIPTokenizer", "CLIPTokenizerFast", got "T5Tokenizer"'],
    ['upper case', () => create({ config: { do_lower_case: false } }), 'do_lower_case must be true, got false'],
    ['no length', () => create({ config: { model_max_length: 1e30 } }), 'model_max_length must be a whole number 3..65536, got 1e+30'],
    ['padding on the left', () => create({ config: { padding_side: 'left' } }), 'padding_side must be "right", got "left"'],
    ['an unknown key in the map', () => create({ map: { cls_token: 'x' } }), 'special_tokens_map.json: cls_token is not an option that is known, got "x"'],
    ['a stripping token', () => create({ map: { bos_token: { content: '<|startoftext|>', lstrip: true } } }), 'special_tokens_map.json: bos_token must be a token'],
    ['a token outside the vocabulary', () => create({ map: { ...map, pad_token: '<pad>' } }), 'model/tokenizer special token "<pad>": must be in the vocabulary'],
    ['a token with another id', () => create({ config: { added_tokens_decoder: { 5: { content: '<|endoftext|>' } } } }), 'special token "<|endoftext|>": must have the vocabulary\'s id 773, got 5'],
    ['an id that is text', () => create({ vocab: { ...vocab, '!': '0' } }), 'model/tokenizer/vocab.json: the id of "!" must be 0..773, got "0"'],
    ['an id used twice', () => create({ vocab: { ...vocab, '!': 1 } }), 'ids must be unique, but "!" and "\\"" share one, got 1'],
    ['a merge of unknown pieces', () => create({ merges: '#version: 0.2\na q\nzz yy\n' }), 'merges.txt: merge 1 must be two pieces'],
    ['a line of three pieces', () => create({ merges: 'a b c' }), 'merges.txt: merge 1 must be two pieces'],
    ['another kind of model', () => createClipTokenizer({ label: 'x/', tokenizerJson: { model: { type: 'Unigram' } }, tokenizerConfig: config, specialTokensMap: {} }), 'x/tokenizer.json: model.type must be "BPE", got "Unigram"'],
    ['another frame', () => createClipTokenizer({ label: 'x/', tokenizerJson: { ...tokenizerJson(), post_processor: { type: 'TemplateProcessing' } }, tokenizerConfig: config, specialTokensMap: {} }), 'post_processor.type must be "RobertaProcessing", got "TemplateProcessing"'],
  ];
  it.each(faults)('refuses %s', (_title, action, message) => {
    expect(action).toThrow(AppError);
    expect(action).toThrow(message);
  });
});
