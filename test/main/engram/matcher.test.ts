import { assert, property, array, integer, constantFrom } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildMatcher, type KeyMatch, type MatchCost } from '../../../src/main/engram/matcher.ts';
import { registerSpans } from '../../../src/main/engram/registry.ts';

/** The definition itself: every key tried at every position. */
function naiveMatch(tables: readonly (readonly (readonly number[])[])[], ids: readonly number[]): KeyMatch[] {
  const found: KeyMatch[] = [];
  tables.forEach((keys, table) => {
    keys.forEach((key, row) => {
      for (let start = 0; start + key.length <= ids.length; start += 1) {
        if (key.length > 0 && key.every((id, offset) => ids[start + offset] === id)) found.push({ table, row, start, length: key.length });
      }
    });
  });
  return found.sort((a, b) => a.start - b.start || a.length - b.length || a.table - b.table || a.row - b.row);
}

describe('buildMatcher', () => {
  test('finds every span of a trigger, also in a trigger that stands twice or in part', () => {
    const keys = registerSpans([7, 8, 9], 7);
    const matcher = buildMatcher([keys]);
    expect(matcher.match([0, 7, 8, 9, 0, 8, 9])).toEqual([
      { table: 0, row: 0, start: 1, length: 2 },
      { table: 0, row: 2, start: 1, length: 3 },
      { table: 0, row: 1, start: 2, length: 2 },
      { table: 0, row: 1, start: 5, length: 2 },
    ]);
  });

  test('matches at the first and at the last position of the ids', () => {
    expect(buildMatcher([[[1, 2]]]).match([1, 2, 3, 1, 2]).map(({ start }) => start)).toEqual([0, 3]);
  });

  test('equal keys of one table and of several tables all match, by table and row', () => {
    const matcher = buildMatcher([[[1, 2], [1, 2]], [], [[3, 4], [1, 2]]]);
    expect(matcher.match([1, 2]).map(({ table, row }) => [table, row])).toEqual([[0, 0], [0, 1], [2, 1]]);
  });

  test('finds a long key of which no prefix is a key', () => {
    expect(buildMatcher([[[1, 2, 3, 4, 5]]]).match([9, 1, 2, 3, 4, 5])).toEqual([{ table: 0, row: 0, start: 1, length: 5 }]);
    expect(buildMatcher([[[1, 2, 3, 4, 5]]]).match([9, 1, 2, 3, 4])).toEqual([]);
  });

  test('agrees with the definition on any keys and ids', () => {
    const id = integer({ min: 0, max: 3 });
    const tables = array(array(array(id, { maxLength: 5 }), { maxLength: 8 }), { maxLength: 4 });
    assert(property(tables, array(id, { maxLength: 20 }), (keys, ids) => {
      expect(buildMatcher(keys).match(ids)).toEqual(naiveMatch(keys, ids));
    }));
  });

  test('takes any 31-bit token id, and ids that no key holds', () => {
    assert(property(array(constantFrom(0, 1, 49407, 2 ** 31 - 1), { minLength: 1, maxLength: 6 }), (key) => {
      expect(buildMatcher([[key]]).match([-1, ...key, 2 ** 31 - 1])).toEqual(naiveMatch([[key]], [-1, ...key, 2 ** 31 - 1]));
    }));
  });
});

/** `count` triggers of 7 tokens over a CLIP-sized vocabulary, by a fixed linear congruential sequence; all share their first two tokens with others. */
function manyTriggers(count: number): number[][] {
  let state = 1;
  const next = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  return Array.from({ length: count }, () => [next(50), 100 + next(50), ...Array.from({ length: 5 }, () => 200 + next(49000))]);
}

describe('the cost of a match', () => {
  const triggers = manyTriggers(100_000 + 4321);
  const prompt = Array.from({ length: 77 }, (_, position) => 200 + position);
  triggers[4321]!.forEach((id, offset) => { prompt[20 + offset] = id; });
  const lookupsAmong = (count: number): number => {
    const matcher = buildMatcher(triggers.slice(4321, 4321 + count).map((trigger) => registerSpans(trigger, 7)));
    const cost: MatchCost = { lookups: 0 };
    const matches = matcher.match(prompt, cost);
    expect(matches.filter(({ table }) => table === 0)).toHaveLength(21);
    return cost.lookups;
  };

  test('does not grow from 10 to 100,000 registered concepts beyond the chance hits of shared beginnings', { timeout: 600_000 }, () => {
    const [few, many] = [lookupsAmong(10), lookupsAmong(100_000)];
    // 77 misses at the start of a span, and the 7 + 6 + ... steps inside the trigger; 100,000 random triggers let a few more positions walk one step further.
    expect(few).toBeGreaterThanOrEqual(77 + 21);
    expect(many).toBeLessThanOrEqual(77 * 3);
    expect(many / few).toBeLessThan(2);
  });

  test('stays below longest key x positions whatever the keys', () => {
    assert(property(array(array(integer({ min: 0, max: 1 }), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 30 }), array(integer({ min: 0, max: 1 }), { maxLength: 30 }), (keys, ids) => {
      const matcher = buildMatcher([keys]);
      const cost: MatchCost = { lookups: 0 };
      matcher.match(ids, cost);
      expect(cost.lookups).toBeLessThanOrEqual(ids.length * (matcher.longestKey + 1));
    }));
  });
});
