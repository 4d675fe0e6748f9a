import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadTextEncoders } from '../../../../../src/main/backbones/index.ts';
import { nodeModelFolder } from '../../../../support/node-model-folder.ts';
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
