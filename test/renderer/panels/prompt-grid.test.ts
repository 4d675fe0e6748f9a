import { describe, expect, it } from 'vitest';
import type { Result } from '../../../src/contract/studio-api.ts';
import { promptGrid, runsOf } from '../../../src/renderer/panels/gallery/prompt-grid.ts';

function result(id: string, change: Partial<Result>): Result {
  return { id, kind: 'image', path: `/${id}.png`, name: `${id}.png`, runId: 'r', node: 'save', graphName: 'render', createdAt: 1, sha256: '0', ...change };
}

describe('pictures by prompt and seed', () => {
  it('are in rows of prompts as they came and columns of seeds by number, the newest of each node in a cell', () => {
    const { prompts, seeds, cells } = promptGrid([
      result('new', { prompt: 'fox', seed: 10, createdAt: 9 }), result('base', { prompt: 'fox', seed: 10, node: 'base', createdAt: 2 }), result('old', { prompt: 'fox', seed: 10, createdAt: 1 }),
      result('cat', { prompt: 'cat', seed: 2, createdAt: 3 }),
    ]);
    expect(prompts).toEqual(['fox', 'cat']);
    expect(seeds).toEqual([2, 10]);
    expect(cells.map((row) => row.map((cell) => cell.map(({ id }) => id)))).toEqual([[[], ['new', 'base']], [['cat'], []]]);
  });

  it('leave out what says no prompt or no seed, and what is no single picture', () => {
    expect(promptGrid([result('a', { prompt: 'fox' }), result('b', { seed: 1 }), result('c', { kind: 'contact-sheet', prompt: 'fox', seed: 1 })])).toEqual({ prompts: [], seeds: [], cells: [] });
  });

  it('come from runs, newest first', () => {
    const runs = runsOf([result('a', { runId: 'one', createdAt: 5 }), result('b', { runId: 'two', createdAt: 4 }), result('c', { runId: 'two', createdAt: 6 })]);
    expect(runs.map(({ runId, createdAt }) => [runId, createdAt])).toEqual([['two', 6], ['one', 5]]);
  });
});
