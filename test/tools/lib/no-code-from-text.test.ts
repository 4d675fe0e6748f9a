import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noCodeFromText } from '../../../tools/lib/no-code-from-text.mjs';

describe('noCodeFromText', () => {
  let root: string;
  beforeEach(async () => { root = await mkdtemp(join(tmpdir(), 'no-code-')); });
  afterEach(() => rm(root, { recursive: true }));

  /** Bundles a file of a package that holds the given text. */
  async function bundle(file: string, source: string): Promise<string> {
    const path = join(root, 'node_modules', file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, source);
    const { outputFiles } = await build({ entryPoints: [path], bundle: true, write: false, logLevel: 'silent', format: 'esm', plugins: [noCodeFromText()] });
    return outputFiles[0]?.text ?? '';
  }

  it('cuts out what makes code, and leaves a refusal', async () => {
    const text = await bundle('zod/v4/core/doc.js', 'export function compile() { const F = Function; return new F("1"); }');
    expect(text).not.toContain('= Function');
    expect(text).toContain('throw new Error("this build makes no code from text")');
  });

  it('fails when a package has changed, so that it is looked at', async () => {
    await expect(bundle('zod/v4/core/doc.js', 'export const compile = () => new Function("1");')).rejects.toThrow('holds 0 times what is cut out of it: const F = Function;');
  });

  it('leaves other files as they are', async () => {
    expect(await bundle('zod/v4/core/other.js', 'export const F = Function;')).toContain('= Function');
  });
});
