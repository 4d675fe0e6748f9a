import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isInside, resolveRead, resolveWrite, type ReadScope } from '../../../src/main/services/path-scope.ts';
import { AppError } from '../../../src/contract/errors.ts';
import { faultOf } from '../../support/fault.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** graphs/ (the base), models/ (a root), outside/ with a secret. */
async function world(): Promise<{ scope: ReadScope; top: string }> {
  const top = await temporaryFolder();
  for (const folder of ['graphs/data', 'models/sd15', 'models-other', 'outside']) await mkdir(join(top, folder), { recursive: true });
  for (const file of ['graphs/data/a.png', 'models/sd15/model_index.json', 'models-other/x', 'outside/secret']) await writeFile(join(top, file), file);
  return { top, scope: { base: join(top, 'graphs'), roots: { models: join(top, 'models') } } };
}

describe('resolveRead', () => {
  test('resolves paths relative to the graph, to a named root, and absolute ones in either', async () => {
    const { top, scope } = await world();
    expect(await resolveRead(scope, 'data/a.png', 'Load')).toBe(join(top, 'graphs/data/a.png'));
    expect(await resolveRead(scope, 'models:sd15', 'Load')).toBe(join(top, 'models/sd15'));
    expect(await resolveRead(scope, 'models:', 'Load')).toBe(join(top, 'models'));
    expect(await resolveRead(scope, '../models/sd15', 'Load')).toBe(join(top, 'models/sd15'));
    expect(await resolveRead(scope, join(top, 'models/sd15'), 'Load')).toBe(join(top, 'models/sd15'));
  });

  test.each([
    ['../outside/secret', 'files.outside'],
    ['data/../../outside/secret', 'files.outside'],
    ['../models-other/x', 'files.outside'],
    ['models:../outside/secret', 'files.outside'],
    ['models:/etc/passwd', 'files.outside'],
    ['/etc/passwd', 'files.outside'],
    ['/proc/self/maps', 'files.outside'],
    ['link-out', 'files.outside'],
    ['link-to-folder/secret', 'files.outside'],
    ['other:sd15', 'files.unknown-root'],
    ['__proto__:sd15', 'files.missing'],
    ['constructor:sd15', 'files.unknown-root'],
    ['data/none.png', 'files.missing'],
    ['data/a.png/deeper', 'files.missing'],
    ['loop', 'files.missing'],
  ])('refuses %s with %s', async (value, code) => {
    const { top, scope } = await world();
    await symlink(join(top, 'outside/secret'), join(top, 'graphs/link-out'));
    await symlink(join(top, 'outside'), join(top, 'graphs/link-to-folder'));
    await symlink(join(top, 'graphs/loop'), join(top, 'graphs/loop'));
    const fault = await faultOf(() => resolveRead(scope, value, 'Load Image "a"'));
    expect(fault).toMatchObject({ code, kind: 'input', where: 'Load Image "a"' });
  });

  test('does not tell whether a file outside exists', async () => {
    const { scope } = await world();
    const there = await faultOf(() => resolveRead(scope, '../outside/secret', 'Load'));
    const notThere = await faultOf(() => resolveRead(scope, '../outside/nothing', 'Load'));
    expect({ ...notThere, got: '' }).toEqual({ ...there, got: '' });
  });

  test('follows a link that stays inside, and folders that the user named for the run', async () => {
    const { top, scope } = await world();
    await symlink(join(top, 'models/sd15'), join(top, 'graphs/model'));
    expect(await resolveRead(scope, 'model', 'Load')).toBe(join(top, 'models/sd15'));
    expect(await resolveRead({ ...scope, others: [join(top, 'outside')] }, '../outside/secret', 'Load')).toBe(join(top, 'outside/secret'));
  });

  test('whatever the text, the result lies in an allowed folder', async () => {
    const { top, scope } = await world();
    const part = fc.constantFrom('..', '.', '', 'data', 'a.png', 'outside', 'secret', 'models', 'sd15', 'models:', '/', top, '~', '%2e%2e', '..\\', '\u202e', 'a'.repeat(300));
    await fc.assert(fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 8 }), async (parts) => {
      const result = await resolveRead(scope, parts.join('/'), 'Load').catch((error: unknown) => error);
      if (result instanceof AppError) return;
      expect(typeof result).toBe('string');
      expect([scope.base, scope.roots['models'] as string].some((folder) => isInside(folder, result as string))).toBe(true);
    }), { numRuns: 500 });
  });
});

describe('resolveWrite', () => {
  test('makes sub-folders below the output folder', async () => {
    const folder = join(await temporaryFolder(), 'out');
    expect(await resolveWrite(folder, 'portraits/a 1.png', 'Save')).toBe(join(folder, 'portraits', 'a 1.png'));
    expect(await readdir(folder)).toEqual(['portraits']);
  });

  test.each(['../a.png', 'a/../../b.png', '/etc/x', 'a//b', '', '.', 'con', 'NUL.png', 'a/com1.txt', 'a:b', 'a\\b', 'a?b', 'end.', 'end ', 'x\0y', 'tab\tname', 'ü'.repeat(101)])('refuses the name %j', async (name) => {
    const folder = await temporaryFolder();
    expect(await faultOf(() => resolveWrite(folder, name, 'Save'))).toMatchObject({ code: 'files.name', kind: 'input' });
  });

  test('refuses to write, or to make folders, behind a link that leads out', async () => {
    const top = await temporaryFolder();
    await mkdir(join(top, 'out'));
    await mkdir(join(top, 'elsewhere'));
    await symlink(join(top, 'elsewhere'), join(top, 'out', 'link'));
    expect((await faultOf(() => resolveWrite(join(top, 'out'), 'link/deeper/a.png', 'Save'))).code).toBe('files.outside');
    expect(await readdir(join(top, 'elsewhere'))).toEqual([]);
  });

  test('a file where a folder should be is a write error', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'a'), '');
    expect(await faultOf(() => resolveWrite(folder, 'a/b.png', 'Save'))).toMatchObject({ code: 'files.write', kind: 'run' });
  });
});
