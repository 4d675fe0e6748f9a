import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadTextEncoders } from '../../../../../src/main/backbones/index.ts';
import { fakeModelFolder, nodeModelFolder } from '../../../../support/node-model-folder.ts';
import { PlainSessions } from '../../../../support/plain-sessions.ts';
import { REFERENCE } from '../../../../support/reference-case.ts';

describe('encode', () => {
  const sessions = new PlainSessions();
  afterEach(() => sessions.dispose());

  it('gives each prompt its tokens and states, whatever stands beside it', async () => {
    const encoders = await loadTextEncoders(nodeModelFolder(join(REFERENCE, 'tiny-sd15')));
    const prompts = ['a red coat', '', 'a red coat', 'a red hat'];
    const together = await encoders.encode(sessions, prompts);
    expect(together.map(({ prompt }) => prompt)).toEqual(prompts);
    const { tokenizer } = encoders.streams[0]!;
    for (const [index, prompt] of prompts.entries()) {
      const stream = together[index]!.streams.clip_l!;
      const tokens = tokenizer.encodePrompt(prompt);
      expect({ ids: stream.ids, textStart: stream.textStart, textEnd: stream.textEnd }).toEqual({ ids: tokens.ids, textStart: tokens.textStart, textEnd: tokens.textEnd });
      expect(stream.states.shape).toEqual([1, 77, 24]);
      expect(stream.states.data.every(Number.isFinite)).toBe(true);
      const [alone] = await encoders.encode(sessions, [prompt]);
      expect(alone!.streams.clip_l!.states.data).toEqual(stream.states.data);
    }
    expect(together[0]!.streams.clip_l!.states.data).not.toEqual(together[3]!.streams.clip_l!.states.data);
    expect(together[0]!.extras).toEqual({});
    expect(sessions.made).toHaveLength(1);
    expect(sessions.made[0]).toContain(encoders.fingerprint);
  });
});

it('another length or other special tokens make other encoders: equal fingerprints mean equal states', async () => {
  const folder = nodeModelFolder(join(REFERENCE, 'tiny-sd15'));
  const changed = async (path: string, change: object): Promise<ReturnType<typeof loadTextEncoders>> => {
    const json = (await folder.readJson(path)) as object;
    // The encoder's own files stay as they are.
    return loadTextEncoders({ ...fakeModelFolder({ [path]: { json: { ...json, ...change } } }, folder), fingerprint: (under) => folder.fingerprint(under) });
  };
  const encoders = [await loadTextEncoders(folder), await changed('tokenizer/tokenizer_config.json', { model_max_length: 60 }), await changed('tokenizer/special_tokens_map.json', { pad_token: '<|startoftext|>' })];
  expect(new Set(encoders.map(({ streams }) => String(streams[0]!.tokenizer.encodePrompt('a red coat').ids))).size).toBe(3);
  expect(new Set(encoders.map(({ fingerprint }) => fingerprint)).size).toBe(3);
  expect(new Set(encoders.map(({ streams }) => streams[0]!.tokenizer.hash)).size).toBe(1);
});
