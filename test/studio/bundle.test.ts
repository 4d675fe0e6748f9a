import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensureBuilt, PROGRAM_BUNDLES } from '../../tools/lib/build.mjs';
import { ROOT } from '../../tools/lib/paths.mjs';
import { codeFromText } from './support/code-from-text.ts';

const PAGE = join(ROOT, 'dist', 'renderer');

describe('the window’s bundle', () => {
  beforeAll(() => ensureBuilt(ROOT, () => undefined, PROGRAM_BUNDLES));

  it.each(['studio.js', '../preload.cjs'])('makes no code from text: %s', (name) => {
    expect(codeFromText(readFileSync(join(PAGE, name), 'utf8'))).toEqual([]);
  });

  it('is a page without scripts, styles or addresses of its own', () => {
    const page = readFileSync(join(PAGE, 'index.html'), 'utf8');
    const scripts = [...page.matchAll(/<script\b([^>]*)>([\s\S]*?)<\/script>/g)].map(([, attributes, body]) => ({ attributes: attributes?.trim(), body }));
    expect(scripts).toEqual([{ attributes: expect.stringMatching(/src="\/?studio\.js"/) as string, body: '' }]);
    expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|https?:/);
    expect(readFileSync(join(PAGE, 'studio.css'), 'utf8')).not.toMatch(/@import|url\(\s*["']?(?:https?:)?\/\//);
  });
});

describe('codeFromText', () => {
  it.each([
    'eval("1")', '(0, eval)("1")', 'new Function("1")', 'Function("1")', 'const F = Function; new F("1")', 'globalThis.eval("1")', 'window.Function("1")', 'x = { make: Function }',
    'setTimeout("go()", 1)', 'window.setInterval(`go(${1})`, 1)',
  ])('finds %s', (source) => { expect(codeFromText(source)).toHaveLength(1); });

  it.each(['f.constructor === Function', 'f instanceof Function', 'page.eval("x")', '({ eval: 1 })', '"eval(1)"', '// eval(1)', 'setTimeout(() => go(), 1)'])('passes %s over', (source) => { expect(codeFromText(source)).toEqual([]); });
});
