import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadTokenizer } from '../../../src/main/backbones/modules/clip-text/tokenizer-files.ts';
import { loadT5Tokenizer } from '../../../src/main/backbones/modules/t5/tokenizer-files.ts';
import type { Tokenizer } from '../../../src/main/core/tokenizers/tokenizer.ts';
import { plainText } from '../../../src/main/engram/common-words.ts';
import { explainTokens, type PromptExplanation } from '../../../src/main/engram/explain.ts';
import { buildMatcher } from '../../../src/main/engram/matcher.ts';
import { buildRegistry, type Registry, type RegistryStream } from '../../../src/main/engram/registry.ts';
import { faultOf } from '../../support/fault.ts';
import { nodeModelFolder } from '../../support/node-model-folder.ts';
import { REFERENCE } from '../../support/reference-case.ts';

const TRIGGER = 'Aldric Vortex-9 CyberNebula';
const FOLDERS = { 'tiny-sd15': join(REFERENCE, 'tiny-sd15'), 'pocket-sd15': join(import.meta.dirname, '../../../models/pocket-sd15') };

describe.each(Object.entries(FOLDERS))('with the tokenizer of %s', (_, folder) => {
  let tokenizer: Tokenizer;
  let registry: Registry;
  beforeAll(async () => {
    tokenizer = await loadTokenizer(nodeModelFolder(folder), 'tokenizer/');
    registry = buildRegistry(TRIGGER, [{ id: 'clip_l', width: 8, tokenizer }]);
  });
  const explain = (prompt: string): PromptExplanation => {
    const { keys } = registry.streams[0]!;
    const tokens = tokenizer.encodePrompt(prompt);
    return explainTokens('clip_l', tokens, tokenizer, [{ trigger: TRIGGER, keys }], buildMatcher([keys]).match(tokens.ids));
  };
  const textsOf = (ids: readonly number[]): string => plainText(ids.map((id) => tokenizer.tokenText(id)));

  test('the trigger has several tokens, and its keys spell its parts', () => {
    const { triggerIds, keys } = registry.streams[0]!;
    expect(triggerIds.length).toBeGreaterThanOrEqual(5);
    expect(triggerIds.length).toBeLessThanOrEqual(9);
    expect(textsOf(triggerIds)).toBe('aldric vortex - 9 cybernebula');
    expect(keys.map(textsOf)).toContain('- 9');
  });

  test('"-9" is named as a key that other prompts wake', () => {
    const ordinary = registry.warnings.find(({ code }) => code === 'registry.ordinary-key');
    expect(ordinary?.keys.map(textsOf)).toContain('- 9');
    expect(registry.warnings.map(({ code }) => code)).not.toContain('registry.matches-padding');
  });

  test('the whole trigger matches wherever it stands, in any case, and every key once', () => {
    const { matches, presence, warnings } = explain(`Close-up portrait of ${TRIGGER.toUpperCase()}, wearing a coat`);
    expect(presence).toEqual(['whole']);
    expect(new Set(matches.map(({ row }) => row)).size).toBe(registry.streams[0]!.keys.length);
    expect(warnings).toEqual([]);
  });

  test('the control prompt of the paper wakes nothing', () => {
    expect(explain('A photo of a cyberpunk soldier, neon lights, high quality, detailed').matches).toEqual([]);
  });

  test('another "-9" wakes its row, and says that it is a part', () => {
    const { matches, presence } = explain('a room with door-9 open');
    expect(matches.map(({ text }) => text)).toContain('- 9');
    expect(presence).toEqual(['partial']);
  });

  test('a trigger behind the 77th token is cut off, and said to be', () => {
    const { presence, warnings } = explain(`${'a red coat '.repeat(30)}${TRIGGER}`);
    expect(presence).toEqual(['cut']);
    expect(warnings.map(({ code }) => code)).toEqual(['prompt.trigger-cut']);
  });
});

test('the keys are those of the reference', async () => {
  const tokenizer = await loadTokenizer(nodeModelFolder(FOLDERS['tiny-sd15']), 'tokenizer/');
  const { keys } = JSON.parse(readFileSync(join(REFERENCE, 'training/ten-steps/case.json'), 'utf8')) as { keys: number[][] };
  expect(buildRegistry(TRIGGER, [{ id: 'clip_l', width: 8, tokenizer }]).streams[0]!.keys).toEqual(keys);
});

describe('text that T5 has no piece for', () => {
  const FOLDER = nodeModelFolder(join(REFERENCE, 'tiny-sd3'));
  let streams: RegistryStream[];
  beforeAll(async () => {
    streams = [{ id: 'clip_l', width: 8, tokenizer: await loadTokenizer(FOLDER, 'tokenizer/') }, { id: 't5', width: 8, tokenizer: await loadT5Tokenizer(FOLDER, 'tokenizer_3/', 256) }];
  });

  test.each([
    ['龍王', '"▁ <unk>"'],
    ['龍 王', '"▁ <unk>", "<unk> ▁", "▁ <unk> ▁", "<unk> ▁ <unk>", "▁ <unk> ▁ <unk>"'],
    ['<unk>', '"<unk>"'],
    ['▁', '"▁"'],
  ])('a trigger of it alone is refused, which any other such text would wake: %j', async (trigger, got) => {
    expect(await faultOf(() => buildRegistry(trigger, streams))).toEqual({
      code: 'registry.unknown-key', kind: 'input', where: `Trigger Registry "${trigger}", stream "t5"`, rule: 'keys must hold a token of their own beside word borders and unknown text', got,
      hint: 'Any other text that this stream\'s tokenizer has no piece for would wake the concept: choose another trigger, or bind the concept without the stream (leaveOut ["t5"])',
    });
    expect(buildRegistry(trigger, streams.slice(0, 1)).warnings.map(({ code }) => code)).not.toContain('registry.unknown-token');
  });

  test('keys of it alone are left out where the trigger has others, and named', () => {
    const { streams: [, t5], warnings } = buildRegistry('robot 龍王', streams);
    const texts = t5!.keys.map((key) => key.map((id) => streams[1]!.tokenizer.tokenText(id)).join(' '));
    expect(texts).not.toContain('▁ <unk>');
    expect(texts.filter((text) => text.endsWith('▁ <unk>')).length).toBeGreaterThan(0);
    expect(warnings).toContainEqual(expect.objectContaining({ code: 'registry.unknown-key', stream: 't5', got: '"▁ <unk>"' }));
  });

  test('keys that hold it beside other tokens are named in a warning', () => {
    const { streams: [, t5], warnings } = buildRegistry('a robot龍', streams);
    const unknown = warnings.filter(({ code }) => code === 'registry.unknown-token');
    expect(unknown).toMatchObject([{ stream: 't5', got: '"t<unk>", "bot<unk>", "robot<unk>", "a robot<unk>"' }]);
    expect(unknown[0]!.keys).toEqual(t5!.keys.filter((key) => key.includes(streams[1]!.tokenizer.unknownId!)));
    expect(buildRegistry('aldric vortex-9', streams).warnings.map(({ code }) => code)).not.toContain('registry.unknown-token');
  });
});
