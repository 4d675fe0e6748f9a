import { describe, expect, test } from 'vitest';
import { AppError } from '../../../src/contract/errors.ts';
import { buildRegistry, registerSpans } from '../../../src/main/engram/registry.ts';
import { describeWarning } from '../../../src/main/engram/warning.ts';
import { createPieceTokenizer } from './support/piece-tokenizer.ts';

const range = (length: number): number[] => Array.from({ length }, (_, index) => index + 10);

describe('registerSpans', () => {
  test('lists every span of 2..N tokens, shorter ones first, then by place', () => {
    expect(registerSpans([1, 2, 3, 4], 3)).toEqual([[1, 2], [2, 3], [3, 4], [1, 2, 3], [2, 3, 4], [1, 2, 3, 4]]);
  });

  test('a trigger of 7 tokens at N = 7 has 21 spans, of which at most 15 cover one token', () => {
    const spans = registerSpans(range(7), 7);
    expect(spans).toHaveLength(21);
    const covering = range(7).map((token) => spans.filter((span) => span.includes(token)).length);
    expect(Math.max(...covering)).toBe(15);
  });

  test('the whole trigger is added once when it is longer than N, and not twice when it is as long', () => {
    expect(registerSpans(range(9), 7).filter((span) => span.length === 9)).toEqual([range(9)]);
    expect(registerSpans(range(9), 7).some((span) => span.length === 8)).toBe(false);
    expect(registerSpans(range(7), 7).filter((span) => span.length === 7)).toHaveLength(1);
  });

  test('from 14 tokens on 28 spans stack on one token', () => {
    const spans = registerSpans(range(15), 7);
    const covering = range(15).map((token) => spans.filter((span) => span.includes(token)).length);
    expect(Math.max(...covering)).toBe(28);
  });

  test('spans with equal ids are listed once', () => {
    expect(registerSpans([5, 6, 5, 6], 2)).toEqual([[5, 6], [6, 5], [5, 6, 5, 6]]);
  });

  test('one token is its own key', () => {
    expect(registerSpans([5], 7)).toEqual([[5]]);
  });
});

describe('buildRegistry', () => {
  const stream = { id: 'clip_l', width: 8, tokenizer: createPieceTokenizer() };

  test('makes one set of keys per stream with its own tokenizer', () => {
    const other = { id: 'clip_g', width: 4, tokenizer: createPieceTokenizer({ hash: 'b'.repeat(64) }) };
    other.tokenizer.encode('shifts the ids');
    const registry = buildRegistry('Aldric Vortex-9', [stream, other], 7);
    const [l, g] = registry.streams;
    expect(l).toMatchObject({ stream: 'clip_l', width: 8, tokenizerHash: 'a'.repeat(64), triggerIds: stream.tokenizer.encode('Aldric Vortex-9') });
    expect(l?.keys).toEqual(registerSpans(l?.triggerIds ?? [], 7));
    expect(g?.triggerIds).not.toEqual(l?.triggerIds);
    expect(g?.keys).toHaveLength(l?.keys.length ?? 0);
  });

  test.each(['', '   ', '\n'])('refuses a trigger without tokens: %j', (trigger) => {
    expect(() => buildRegistry(trigger, [stream], 7)).toThrowError(/must hold at least one token/);
  });

  test.each([1, 0, -3, 2.5, Number.NaN])('refuses N = %s', (maxN) => {
    const attempt = (): unknown => buildRegistry('Aldric Vortex', [stream], maxN);
    expect(attempt).toThrowError(AppError);
    expect(attempt).toThrowError(/N must be an integer >= 2/);
  });

  const codes = (trigger: string, padding?: string): string[] => {
    const tokenizer = createPieceTokenizer(padding === undefined ? {} : { padding });
    return buildRegistry(trigger, [{ id: 'clip_l', width: 8, tokenizer }], 7).warnings.map(({ code }) => code);
  };

  test('a trigger of rare pieces has no warning', () => {
    expect(codes('Zorblax Quvanti')).toEqual([]);
  });

  test('warns that one token is the whole address', () => {
    expect(codes('Zorb')).toEqual(['registry.one-token']);
  });

  test('warns about keys of ordinary words and shows their text', () => {
    const { warnings } = buildRegistry('Zorb a red -9', [stream], 7);
    expect(warnings.map(({ code }) => code)).toEqual(['registry.ordinary-key']);
    const shown = warnings[0]?.keys.map((key) => key.map((id) => stream.tokenizer.tokenText(id)).join(' '));
    expect(shown).toEqual(['a</w> red</w>', 'red</w> -</w>', '-</w> 9</w>', 'a</w> red</w> -</w>', 'red</w> -</w> 9</w>', 'a</w> red</w> -</w> 9</w>']);
    expect(describeWarning(warnings[0]!)).toMatch(/^Trigger Registry "Zorb a red -9", stream "clip_l": keys are ordinary words.*got "a red", /);
  });

  test('a common word that is only the beginning of a longer one is not ordinary', () => {
    // "tree" + "lux": the piece `tree` stands without its end mark.
    expect(codes('Treelux Zorb')).toEqual([]);
  });

  test('warns about keys that match the padding of every prompt', () => {
    expect(codes('zorb!!', '!</w>')).toContain('registry.matches-padding');
    expect(codes('zorb!!')).not.toContain('registry.matches-padding');
  });

  test('warns about keys that hold a padding token without matching the padding', () => {
    expect(codes('zorb!', '!</w>')).toEqual(['registry.special-token']);
  });

  test('warns about a trigger that no prompt can hold', () => {
    const tokenizer = createPieceTokenizer({ maxLength: 4 });
    const { warnings } = buildRegistry('Zorblax Quvanti', [{ id: 'clip_l', width: 8, tokenizer }], 7);
    expect(warnings.map(({ code, rule }) => `${code}: ${rule}`)).toEqual(['registry.trigger-too-long: the trigger must fit the 2 tokens of a prompt']);
  });
});
