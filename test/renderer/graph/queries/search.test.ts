import { describe, expect, it } from 'vitest';
import { paletteCandidates } from '../../../../src/renderer/graph/queries/palette.ts';
import { searchPalette } from '../../../../src/renderer/graph/queries/search.ts';
import { shippedGraph, TestEditor } from '../../../support/graph-bench.ts';

const { view } = new TestEditor(shippedGraph('render'));
const titles = (needle: string, uses?: ReadonlyMap<string, number>): string[] => searchPalette(paletteCandidates(view, undefined, uses), needle).map(({ item }) => item.schema.title);

describe('searchPalette', () => {
  it('forgives letters that are missed out, swapped or wrong', () => {
    expect(titles('save image')[0]).toBe('Save Image');
    expect(titles('svae')).toContain('Save Image');
    expect(titles('smple')[0]).toBe('Sample');
    expect(titles('encode')).toEqual(expect.arrayContaining(['Encode Prompt', 'VAE Encode']));
  });

  it('finds by what a node does, after those whose title matches', () => {
    expect(titles('difference')).toContain('Compare Images');
    expect(titles('table')[0]).toMatch(/table/i);
    expect(titles('zzzz')).toEqual([]);
  });

  it('keeps the order of use for an empty search, and marks what matched', () => {
    expect(titles('', new Map([['Train', 9]]))[0]).toBe('Train');
    const [found] = searchPalette(paletteCandidates(view), 'sampl');
    expect(found?.marks).toEqual([[0, 5]]);
  });

  it('takes any text for what it is', () => {
    for (const needle of ['(', '[a', '\\', '.*', '<b>', '-', '"', '🙂', 'a'.repeat(5000)]) expect(Array.isArray(titles(needle))).toBe(true);
  });
});
