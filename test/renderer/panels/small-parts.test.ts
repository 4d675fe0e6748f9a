import { describe, expect, it } from 'vitest';
import { nextSeed } from '../../../src/renderer/panels/inspector/seed-field.tsx';
import { readSeedMode } from '../../../src/renderer/panels/inspector/seed-modes.ts';
import { parseIntegers } from '../../../src/renderer/panels/inspector/text-fields.tsx';
import { bytes, figure, when } from '../../../src/renderer/panels/kit/format.ts';
import { fuzzy } from '../../../src/renderer/panels/kit/fuzzy.ts';
import { nextIndex } from '../../../src/renderer/panels/kit/menu.tsx';
import { columns, smooth } from '../../../src/renderer/panels/training/curves.ts';
import { duration, oneLine, words } from '../../../src/renderer/words.ts';

describe('words and figures', () => {
  it('says durations, sizes and numbers as people do', () => {
    expect([0.12, 4.26, 42.4, 185, 7860].map(duration)).toEqual(['0.12 s', '4.3 s', '42 s', '3 min 5 s', '2 h 11 min']);
    expect([812, 20_900, 1_400_000_000].map(bytes)).toEqual(['812 B', '20.9 kB', '1.4 GB']);
    expect([0, 0.03123456, 1234567, 0.0000123].map(figure)).toEqual(['0', '0.03123', '1.23e+6', '1.23e-5']);
    expect(when(1000, 2000)).toBe('just now');
    expect(when(0, 600_000)).toBe('10 min ago');
  });

  it('makes words of names, and one line of any text', () => {
    expect(['guidanceScale', 'vae', 'maxNgram'].map(words)).toEqual(['guidance scale', 'VAE', 'max ngram']);
    expect(oneLine('a\n\tb\u0000c')).toBe('a bc');
  });
});

describe('fields', () => {
  it('reads lists of whole numbers, and nothing else', () => {
    expect(parseIntegers('1, 2  3')).toEqual([1, 2, 3]);
    expect(parseIntegers('')).toEqual([]);
    for (const wrong of ['1.5', 'x', '1e3', '99999999999999999999']) expect(parseIntegers(wrong), wrong).toBeUndefined();
  });

  it('reads what becomes of a seed, and takes anything odd as kept', () => {
    const node = (seedModes: unknown): Parameters<typeof readSeedMode>[0] => ({ type: 'T', version: 1, params: {}, inputs: {}, ui: { seedModes } });
    expect(readSeedMode(node({ seed: 'random' }), 'seed')).toBe('random');
    for (const odd of [undefined, null, 'random', { seed: 'evil' }, { other: 'random' }]) expect(readSeedMode(node(odd), 'seed')).toBe('fixed');
    expect(nextSeed(4)).toBe(5);
    expect(nextSeed(2 ** 32 - 1)).toBe(0);
  });
});

describe('search and menus', () => {
  it('finds words in any order with one mistake, and everything for nothing', () => {
    const names = ['Encode Prompt', 'Prompt List', 'VAE Encode', 'Sample'];
    expect(fuzzy(names, '', (name) => name)).toEqual(names);
    expect(fuzzy(names, 'prompt enc', (name) => name)).toEqual(['Encode Prompt']);
    expect(fuzzy(names, 'sampel', (name) => name)).toEqual(['Sample']);
    expect(fuzzy(names, 'zebra', (name) => name)).toEqual([]);
  });

  it('walks menus around their ends and to first letters', () => {
    const labels = ['Copy', 'Cut', 'Paste'];
    expect([nextIndex(labels, 2, 'ArrowDown'), nextIndex(labels, 0, 'ArrowUp'), nextIndex(labels, 0, 'c'), nextIndex(labels, 1, 'p'), nextIndex(labels, 0, 'x'), nextIndex([], 0, 'Home')]).toEqual([0, 2, 1, 2, undefined, undefined]);
  });
});

describe('curves', () => {
  it('leaves a constant as it is, whatever the smoothing, from the first point on', () => {
    for (const weight of [0, 0.5, 0.99]) for (const [, value] of smooth([[1, 3], [2, 3], [3, 3]], weight)) expect(value).toBeCloseTo(3, 12);
  });

  it('gives the raw curve without smoothing', () => {
    expect(smooth([[1, 3], [2, 5]], 0)).toEqual([[1, 3], [2, 5]]);
  });

  it('lines curves up by step', () => {
    expect(columns([[[1, 10], [3, 30]], [[2, 200]]])).toEqual([[1, 2, 3], [10, null, 30], [null, 200, null]]);
  });
});
