import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createClipTokenizer } from '../../../../src/main/core/tokenizers/clip.ts';

interface Reference {
  readonly strings: readonly string[];
  readonly ids: readonly (readonly number[])[];
  readonly padded: readonly { readonly index: number; readonly input_ids: readonly number[]; readonly attention_mask_length: number }[];
}

const TOKENS = new URL('../../../fixtures/reference/tokens/', import.meta.url);
const PLAIN = new URL('../../../fixtures/reference/tiny-sd15/tokenizer/', import.meta.url);
const reference = JSON.parse(gunzipSync(readFileSync(new URL('strings.json.gz', TOKENS))).toString('utf8')) as Reference;

const text = (name: string, folder: URL): string => readFileSync(new URL(name, folder), 'utf8');
const json = (name: string, folder: URL): Record<string, unknown> => JSON.parse(text(name, folder)) as Record<string, unknown>;

const fromVocabulary = createClipTokenizer({
  label: 'tokenizer/', vocab: json('vocab.json', PLAIN), merges: text('merges.txt', PLAIN),
  tokenizerConfig: json('tokenizer_config.json', PLAIN), specialTokensMap: json('special_tokens_map.json', PLAIN),
});
const SAVED = new URL('with-tokenizer-json/', TOKENS);
const fromJson = createClipTokenizer({
  label: 'tokenizer/', tokenizerJson: json('tokenizer.json', SAVED), tokenizerConfig: json('tokenizer_config.json', SAVED), specialTokensMap: {},
});

describe.each([['vocab.json and merges.txt', fromVocabulary], ['tokenizer.json as transformers 5 saves it', fromJson]])('with %s', (_title, tokenizer) => {
  it('gives the ids of transformers for every string', () => {
    expect(reference.strings.length).toBeGreaterThanOrEqual(1000);
    const different = reference.strings.filter((string, index) => tokenizer.encode(string).join() !== reference.ids[index]!.join());
    expect(different).toEqual([]);
  });

  it('pads and truncates as transformers does', () => {
    expect(reference.padded.length).toBeGreaterThan(100);
    for (const { index, input_ids: ids, attention_mask_length: used } of reference.padded) {
      const prompt = tokenizer.encodePrompt(reference.strings[index]!);
      expect(prompt.ids, reference.strings[index]).toEqual(ids);
      expect(prompt.textEnd + 1, 'start token, text and end token').toBe(used);
      expect([...prompt.ids.slice(prompt.textStart, prompt.textEnd), ...prompt.truncated]).toEqual(reference.ids[index]);
    }
  });
});

it('binds tables to the same hash, however the tokenizer was saved', () => {
  expect(fromJson.hash).toBe(fromVocabulary.hash);
});
