import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fileStem } from '../../nodes/file-stem.ts';

it.each([
  ['A portrait of Aldric, by day!', 'a-portrait-of-aldric-by-day'],
  ['Café 日本', 'cafe'],
  ['...', 'untitled'],
  ['../../etc/passwd', 'etc-passwd'],
  ['x'.repeat(60), 'x'.repeat(40)],
])('makes a file name part of %s', (text, stem) => {
  expect(fileStem(text)).toBe(stem);
});

it('is safe for any text', () => {
  fc.assert(fc.property(fc.string(), (text) => {
    expect(fileStem(text)).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/);
  }));
});
