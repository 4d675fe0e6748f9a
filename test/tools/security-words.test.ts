import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listCode } from '../../tools/layers/graph.mjs';
import { ROOT } from '../../tools/lib/paths.mjs';

/** What would hand text to the system, to an interpreter, or to the page as code. */
const WORDS = [/\bopenExternal\b/, /\bopenPath\b/, /\bnew Function\b/, /(?<![.\w])eval\(/, /\.innerHTML\b/, /\bouterHTML\s*=/, /\binsertAdjacentHTML\b/, /\bdangerouslySetInnerHTML\b/, /\bdocument\.write\b/];

describe('the program’s own sources', () => {
  it('uses none of what hands text to the system or to an interpreter', () => {
    const files = listCode(ROOT, ['src', 'nodes'], /(?:^|\/)node_modules$/);
    expect(files.length).toBeGreaterThan(300);
    const found = files.flatMap((file) => {
      // Words in comments harm nobody.
      const text = readFileSync(join(ROOT, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
      return WORDS.filter((word) => word.test(text)).map((word) => `${file}: ${word.source}`);
    });
    expect(found).toEqual([]);
  });

  it('pins Electron to one version', () => {
    const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { devDependencies: Record<string, string> };
    expect(devDependencies['electron']).toMatch(/^\d+\.\d+\.\d+$/);
  });
});
