import { describe, expect, it } from 'vitest';
import { breakLines, cutText, TextCache } from '../../../src/renderer/canvas/text-cache.ts';

const measure = (text: string): number => text.length;

describe('text of a width', () => {
  it('cuts with an ellipsis that fits too', () => {
    expect(cutText('abcdef', 6, measure)).toBe('abcdef');
    expect(cutText('abcdefg', 4, measure)).toBe('abc…');
    expect(cutText('abc', 0, measure)).toBe('…');
  });

  it('breaks at spaces, keeps line ends, and says when there is more', () => {
    expect(breakLines('aa bb cc', 5, 3, measure)).toEqual(['aa bb', 'cc']);
    expect(breakLines('aa\nbb', 5, 3, measure)).toEqual(['aa', 'bb']);
    expect(breakLines('aa bb cc dd', 5, 1, measure)).toEqual(['aa b…']);
    expect(breakLines('word-that-is-too-long', 6, 2, measure)).toEqual(['word-…']);
  });

  it('measures a text once', () => {
    let measured = 0;
    const cache = new TextCache((text) => {
      measured += 1;
      return text.length;
    });
    for (let round = 0; round < 10; round++) expect(cache.fit('hello there', 'f', 7)).toBe('hello…');
    const first = measured;
    cache.fit('hello there', 'f', 7);
    expect(measured).toBe(first);
    cache.fit('hello there', 'another font', 7);
    expect(measured).toBeGreaterThan(first);
  });
});
