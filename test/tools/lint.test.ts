import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ESLint } from 'eslint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../tools/lib/paths.mjs';

/** One sample per rule that the code of this repository relies on: path, text, and the rule that must speak. */
const SAMPLES: readonly (readonly [rule: string, path: string, text: string])[] = [
  ['engram/layers', 'src/main/core/layered.ts', "import { e } from '../engine/sample.ts';\nexport const value = e;\n"],
  ['engram/exported-docs', 'src/main/core/undocumented.ts', 'export function f(): number {\n  return 1;\n}\n'],
  ['@typescript-eslint/no-explicit-any', 'src/main/core/loose.ts', 'export const value: any = 1;\n'],
  ['@typescript-eslint/no-floating-promises', 'src/main/core/floating.ts', 'Promise.resolve(1);\nexport {};\n'],
  ['@typescript-eslint/ban-ts-comment', 'src/main/core/ignored.ts', '// @ts-ignore\nexport const value: number = "1";\n'],
  ['@typescript-eslint/naming-convention', 'src/main/core/named.ts', 'export interface badly_named {\n  readonly a: 1;\n}\n'],
  ['no-restricted-exports', 'src/main/core/defaulted.ts', 'const value = 1;\nexport default value;\n'],
  ['no-restricted-properties', 'src/main/core/chance.ts', 'export const value = Math.random();\n'],
  ['no-restricted-properties', 'nodes/clock.ts', 'export const value = Date.now();\n'],
  ['no-new-func', 'src/main/runtime/compiled.ts', "export const value: unknown = new Function('return 1');\n"],
  ['no-eval', 'src/main/runtime/evaluated.ts', "export const value: unknown = eval('1');\n"],
  ['max-lines', 'src/main/core/long.ts', `${'export {};\n'.repeat(401)}`],
  ['max-lines-per-function', 'src/main/core/tall.ts', `/** Long. */\nexport function f(): void {\n${'  void 0;\n'.repeat(60)}}\n`],
];

const CLEAN = `/** Doubles. @param value Any number. */
export function double(value: number): number {
  return 2 * value;
}
`;

describe('the lint configuration', () => {
  let root: string;
  let faults: Map<string, string[]>;

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'lint-'));
    const parts = ['eslint.config.js', 'package.json', 'tsconfig.base.json', 'src/pure-globals.d.ts', 'tools/eslint', 'tools/layers', 'nodes/tsconfig.json'];
    const layers = ['contract', 'main/core', 'main/diffusion', 'main/backbones', 'main/engram', 'main/engine', 'main/runtime'];
    for (const part of [...parts, ...layers.map((layer) => `src/${layer}/tsconfig.json`)]) cpSync(join(ROOT, part), join(root, part), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'), 'junction');
    write('src/main/engine/sample.ts', 'export const e = 1;\n');
    write('src/main/core/clean.ts', CLEAN);
    for (const [, path, text] of SAMPLES) write(path, text);
    const results = await new ESLint({ cwd: root }).lintFiles(['src', 'nodes']);
    faults = new Map(results.map(({ filePath, messages }) => [filePath, messages.map(({ ruleId, message }) => ruleId ?? message)]));
  });

  afterAll(() => rmSync(root, { recursive: true, force: true }));

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }

  it.each(SAMPLES)('%s speaks on %s', (rule, path) => {
    expect(faults.get(join(root, path))).toContain(rule);
  });

  it('is silent on clean code', () => {
    expect(faults.get(join(root, 'src/main/core/clean.ts'))).toEqual([]);
  });
});
