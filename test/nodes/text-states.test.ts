import { describe, expect, it } from 'vitest';
import { TextStateCache } from '../../nodes/text-states.ts';
import type { TextEncoders, TextStates } from '../../src/main/backbones/backbone.ts';
import { floatTensor } from '../../src/main/core/ir/tensor.ts';
import { nodeBench } from '../support/node-bench.ts';
import { PlainSessions } from '../support/plain-sessions.ts';

/** Four floats per prompt. */
const BYTES = 16;

/** Encoders that count what they encode; prompts that begin with "bad" fail. */
function countingEncoders(fingerprint = 'one'): TextEncoders & { readonly encoded: string[] } {
  const encoded: string[] = [];
  return {
    family: 'toy', fingerprint, label: 'toy', streams: [], injection: { rule: 'absolute', tanh: false, overlap: 'sum' }, encoded,
    encode: async (_sessions, prompts) => {
      encoded.push(...prompts);
      await Promise.resolve();
      if (prompts.some((prompt) => prompt.startsWith('bad'))) throw new Error('bad prompt');
      return prompts.map((prompt): TextStates => ({ prompt, streams: { toy: { ids: [], textStart: 0, textEnd: 0, states: floatTensor(new Float32Array(4).fill(prompt.length), [1, 1, 4]) } }, extras: {} }));
    },
  };
}

function cacheOf(limit = 1e6): TextStateCache {
  return new TextStateCache(new PlainSessions(), limit);
}

describe('text states', () => {
  it('are made once per encoders and prompt, and given in the order asked for', async () => {
    const [cache, encoders, others] = [cacheOf(), countingEncoders(), countingEncoders('two')];
    const prompts = (states: readonly TextStates[]): string[] => states.map(({ prompt }) => prompt);
    expect(prompts(await cache.encode(encoders, ['a', 'b', 'a']))).toEqual(['a', 'b', 'a']);
    expect(prompts(await cache.encode(encoders, ['c', 'b']))).toEqual(['c', 'b']);
    expect(encoders.encoded).toEqual(['a', 'b', 'c']);
    await cache.encode(others, ['a']);
    expect(others.encoded).toEqual(['a']);
  });

  it('are made once for rows that ask at the same time', async () => {
    const [cache, encoders] = [cacheOf(), countingEncoders()];
    await Promise.all(['a', 'b', 'c'].map((prompt) => cache.encode(encoders, [prompt, ''])));
    expect(encoders.encoded).toEqual(['a', '', 'b', 'c']);
  });

  it('are bounded: the least recently used go first', async () => {
    const [cache, encoders] = [cacheOf(2 * BYTES), countingEncoders()];
    for (const prompt of ['a', 'b', 'a', 'c', 'a', 'b']) await cache.encode(encoders, [prompt]);
    expect(encoders.encoded).toEqual(['a', 'b', 'c', 'b']);
  });

  it('keep nothing of what failed', async () => {
    const [cache, encoders] = [cacheOf(), countingEncoders()];
    await expect(cache.encode(encoders, ['a', 'bad'])).rejects.toThrow('bad prompt');
    await cache.encode(encoders, ['a']);
    expect(encoders.encoded).toEqual(['a', 'bad', 'a']);
  });
});

const bench = nodeBench();

it('kept states are the bits that encoding gives', async () => {
  const { backbone: { textEncoders } } = await bench.tiny();
  const sessions = new PlainSessions();
  const cache = new TextStateCache(sessions, 1e6);
  const plain = await textEncoders.encode(sessions, ['a fox', '', 'a robot']);
  await cache.encode(textEncoders, ['', 'a robot']);
  expect(await cache.encode(textEncoders, ['a fox', '', 'a robot'])).toEqual(plain);
  await sessions.dispose();
});
