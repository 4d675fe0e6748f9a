import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureBuilt } from '../../../tools/lib/build.mjs';
import { ROOT } from '../../../tools/lib/paths.mjs';

const BUNDLES = [
  { entry: 'src/program.ts', output: 'dist/program.mjs' },
  { entry: 'src/absent.ts', output: 'dist/absent.mjs' },
];

describe('ensureBuilt', () => {
  let root: string;
  const log = (): void => undefined;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'build-'));
    mkdirSync(join(root, 'src'));
    cpSync(join(ROOT, 'package-lock.json'), join(root, 'package-lock.json'));
    write('src/part.ts', 'export const part: number = 20;\n');
    write('src/program.ts', "import { part } from './part.ts';\nimport { basename } from 'node:path';\nexport const answer = part + Number(basename('/a/22'));\n");
  });

  afterEach(() => rmSync(root, { recursive: true }));

  /** Writes a source file as if a while ago: what changes while a bundle is being made never counts as fresh. */
  function write(path: string, text: string, secondsAgo = 60): void {
    writeFileSync(join(root, path), text);
    const time = Date.now() / 1000 - secondsAgo;
    utimesSync(join(root, path), time, time);
  }

  const build = (): Promise<string[]> => ensureBuilt(root, log, BUNDLES);

  it('bundles what exists, once', async () => {
    expect(await build()).toEqual(['dist/program.mjs']);
    const bundle = (await import(pathToFileURL(join(root, 'dist/program.mjs')).href)) as { answer: number };
    expect(bundle.answer).toBe(42);
    expect(existsSync(join(root, 'dist/program.mjs.map'))).toBe(true);
    expect(await build()).toEqual([]);
  });

  it('builds again when an imported file changes, not when only its time does', async () => {
    await build();
    write('src/part.ts', 'export const part: number = 20;\n', 30);
    expect(await build()).toEqual([]);
    write('src/part.ts', 'export const part: number = 21;\n', 20);
    expect(await build()).toEqual(['dist/program.mjs']);
    expect(readFileSync(join(root, 'dist/program.mjs'), 'utf8')).toContain('21');
  });

  it('builds again when the lockfile changes, or a result is gone', async () => {
    await build();
    writeFileSync(join(root, 'package-lock.json'), '{}');
    expect(await build()).toEqual(['dist/program.mjs']);
    rmSync(join(root, 'dist/program.mjs'));
    expect(await build()).toEqual(['dist/program.mjs']);
  });

  it('names the fault by file and line, and leaves the last good bundle', async () => {
    await build();
    write('src/part.ts', 'export const part: number = ;\n', 10);
    await expect(build()).rejects.toThrow(/Cannot build src\/program\.ts:\n {2}src\/part\.ts:1:\d+: Unexpected/);
    expect(readFileSync(join(root, 'dist/program.mjs'), 'utf8')).toContain('20');
  });
});
