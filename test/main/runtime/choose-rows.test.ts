import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseRows, type WaitingRow } from '../../../src/main/runtime/choose-rows.ts';

const row = (group: string, items = 1, passes = 0): WaitingRow => ({ group, items, width: 4, passes });

describe('which rows run next', () => {
  it.each<[string, WaitingRow[], number[]]>([
    ['all of one kind that fill no run', [row('a'), row('a'), row('a')], [0, 1, 2]],
    ['as many as fill one run', Array.from({ length: 11 }, () => row('a')), [0, 1, 2, 3]],
    ['the kind with the most items', [row('a'), row('b'), row('b'), row('a', 3)], [0, 3]],
    ['rows that fit into what is left of a run', [row('a', 3), row('a', 3), row('a', 1)], [0, 2]],
    ['what fills up the runs of a row that needs several', [row('a', 5), row('a', 2), row('a', 2), row('a', 1)], [0, 1, 3]],
    ['all, where that fills runs better', [row('a', 3), row('a', 2), row('a', 2), row('b', 1)], [0, 1, 2]],
    ['one that has let the others go first for long', [row('b', 1, 8), row('a'), row('a'), row('a'), row('a')], [0]],
  ])('%s', (_name, rows, expected) => {
    expect(chooseRows(rows)).toEqual(expected);
  });

  it('are some, of one kind, and the rest comes to its turn', () => {
    fc.assert(fc.property(fc.array(fc.record({ group: fc.constantFrom('a', 'b', 'c'), items: fc.integer({ min: 1, max: 9 }), passes: fc.nat(9), width: fc.constant(4) }), { minLength: 1, maxLength: 20 }), (rows) => {
      let waiting = rows;
      for (let rounds = 0; waiting.length > 0; rounds += 1) {
        expect(rounds).toBeLessThan(20);
        const chosen = chooseRows(waiting);
        expect(chosen.length).toBeGreaterThan(0);
        expect(new Set(chosen.map((index) => waiting[index]?.group)).size).toBe(1);
        expect(new Set(chosen).size).toBe(chosen.length);
        waiting = waiting.filter((_row, index) => !chosen.includes(index)).map((left) => ({ ...left, passes: left.passes + 1 }));
      }
    }));
  });

  // Rows of a batch in the order of its file, three seeds for each of two guidance scales: the example that ships.
  it('fill whole runs when twice as many rows are open as fit into one', () => {
    const order = Array.from({ length: 480 }, (_, index) => row(String(Math.floor(index / 3) % 2)));
    const waiting: WaitingRow[] = [];
    let runs = 0;
    for (let next = 0; next < order.length || waiting.length > 0;) {
      while (waiting.length < 8 && next < order.length) waiting.push(order[next++] as WaitingRow);
      const chosen = chooseRows(waiting);
      runs += Math.ceil(chosen.length / 4);
      for (const index of [...chosen].reverse()) waiting.splice(index, 1);
    }
    expect(runs).toBe(120);
  });
});
