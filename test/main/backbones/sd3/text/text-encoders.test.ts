import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ModelFolder, TextEncoders } from '../../../../../src/main/backbones/backbone.ts';
import { loadTextEncoders } from '../../../../../src/main/backbones/index.ts';
import { faultOf } from '../../../../support/fault.ts';
import { fakeModelFolder, nodeModelFolder, type FakeFile } from '../../../../support/node-model-folder.ts';
import { REFERENCE } from '../../../../support/reference-case.ts';

const folder = nodeModelFolder(join(REFERENCE, 'tiny-sd3'));

/** The tiny model with some JSON files changed; the files of its encoders keep their hashes, as they do where others change. */
async function changed(changes: Readonly<Record<string, object>>): Promise<ModelFolder> {
  const files = await Promise.all(Object.entries(changes).map(async ([path, change]): Promise<[string, FakeFile]> => [path, { json: { ...((await folder.readJson(path)) as object), ...change } }]));
  return { ...fakeModelFolder(Object.fromEntries(files), folder), fingerprint: (under) => folder.fingerprint(under) };
}

const idsOf = ({ streams }: TextEncoders): string[] => streams.map(({ id }) => id);

describe('fingerprint', () => {
  it('another length or other special tokens of any tokenizer make other encoders: equal fingerprints mean equal states', async () => {
    const base = await loadTextEncoders(folder);
    const others: Readonly<Record<string, object>>[] = [
      { 'tokenizer/tokenizer_config.json': { model_max_length: 60 } },
      { 'tokenizer_2/special_tokens_map.json': { pad_token: '<|endoftext|>' }, 'tokenizer_2/tokenizer_config.json': { additional_special_tokens: ['!'] } },
      { 'tokenizer_3/tokenizer_config.json': { model_max_length: 16 } },
      { 'tokenizer_3/tokenizer_config.json': { pad_token: '</s>' } },
    ];
    const prints = new Set([base.fingerprint]);
    for (const change of others) {
      const encoders = await loadTextEncoders(await changed(change));
      expect(encoders.streams.map(({ tokenizer }) => tokenizer.hash)).toEqual(base.streams.map(({ tokenizer }) => tokenizer.hash));
      expect(encoders.streams.map(({ tokenizer }) => tokenizer.encodePrompt('a robot').ids)).not.toEqual(base.streams.map(({ tokenizer }) => tokenizer.encodePrompt('a robot').ids));
      prints.add(encoders.fingerprint);
    }
    expect(prints.size).toBe(1 + others.length);
  });
});

describe('T5', () => {
  const WHERE = 'model/text_encoder_3/config.json';
  const HINT = 'Download the model\'s text_encoder_3 and tokenizer_3 folders, or load it without T5 (leaveOut ["t5"])';
  const without = fakeModelFolder({ [WHERE.slice('model/'.length)]: undefined }, folder);
  const indexed = async (entry: unknown, base: ModelFolder): Promise<ModelFolder> => fakeModelFolder({ 'model_index.json': { json: { ...((await folder.readJson('model_index.json')) as object), text_encoder_3: entry } } }, base);

  it('must be there where model_index.json names it, unless it is left out', async () => {
    expect(await faultOf(() => loadTextEncoders(without))).toEqual({ code: 'model.part', kind: 'input', where: WHERE, rule: 'must be in the model folder', got: 'no such file', hint: HINT });
    const { streams, absent } = await loadTextEncoders(without, { leaveOut: ['t5'] });
    expect([streams.map(({ id }) => id), absent]).toEqual([['clip_l', 'clip_g'], ['t5']]);
  });

  it('may be absent where model_index.json says so, or says nothing of it', async () => {
    for (const entry of [[null, null], undefined]) {
      const encoders = await loadTextEncoders(await indexed(entry, without));
      expect([idsOf(encoders), encoders.absent]).toEqual([['clip_l', 'clip_g'], ['t5']]);
      expect(idsOf(await loadTextEncoders(await indexed(entry, folder)))).toEqual(['clip_l', 'clip_g', 't5']);
    }
    expect(idsOf(await loadTextEncoders(fakeModelFolder({ 'model_index.json': undefined }, without)))).toEqual(['clip_l', 'clip_g']);
  });

  it('is refused where another model lies in its place, unless it is left out or the model is said to be without', async () => {
    const other = await changed({ 'text_encoder_3/config.json': { model_type: 'umt5' } });
    for (const model of [other, fakeModelFolder({ 'model_index.json': undefined }, other)]) {
      expect(await faultOf(() => loadTextEncoders(model))).toEqual({ code: 'config.option', kind: 'input', where: WHERE, rule: 'model_type must be "t5"', got: '"umt5"', path: 'model_type', hint: HINT });
      expect(idsOf(await loadTextEncoders(model, { leaveOut: ['t5'] }))).toEqual(['clip_l', 'clip_g']);
    }
    expect(idsOf(await loadTextEncoders(await indexed([null, null], other)))).toEqual(['clip_l', 'clip_g']);
  });
});
