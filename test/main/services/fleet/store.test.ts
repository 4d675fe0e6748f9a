import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Store } from '../../../../src/main/services/fleet/store.ts';
import { openStore, STORE_KINDS } from '../../../../src/main/services/fleet/stores.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

async function names(store: Store, folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const name of store.list(folder)) found.push(name);
  return found.sort();
}

/** What every kind of store promises. A new kind gets a line here. */
describe.each([{ kind: 'a shared folder', make: async (): Promise<Store> => openStore(await temporaryFolder()) }])('a store that is $kind', ({ kind, make }) => {
  it('is one of the kinds that there are', () => {
    expect(STORE_KINDS.map(({ title }) => title)).toContain(kind);
  });

  it('keeps, lists, replaces and removes', async () => {
    const store = await make();
    expect([await store.has('a/b.json'), await store.get('a/b.json')]).toEqual([false, undefined]);
    await store.put('a/b.json', text('one'));
    await store.put('a/c/d', text('two'));
    await store.put('a/b.json', text('three'));
    expect(await store.get('a/b.json')).toEqual(text('three'));
    expect(await names(store, 'a')).toEqual(['a/b.json', 'a/c/d']);
    expect(await names(store, 'none')).toEqual([]);
    await store.delete('a/b.json');
    await store.delete('a/b.json');
    expect([await store.has('a/b.json'), await store.has('a/c/d')]).toEqual([false, true]);
  });

  it('lets exactly one of many writers create a name, and readers see whole files only', async () => {
    const store = await make();
    const size = 300_000;
    const reading = { over: false };
    const seen = (async () => {
      const lengths = new Set<number | undefined>();
      while (!reading.over) lengths.add((await store.get('done/x'))?.length);
      return lengths;
    })();
    const won = await Promise.all(Array.from({ length: 12 }, (_, writer) => store.create('done/x', new Uint8Array(size).fill(writer))));
    reading.over = true;
    expect(won.filter(Boolean)).toHaveLength(1);
    expect((await store.get('done/x'))?.[0]).toBe(won.indexOf(true));
    for (const length of await seen) expect([undefined, size]).toContain(length);
    expect(await names(store, 'done')).toEqual(['done/x']);
  });

  it('takes no name that leads out of it', async () => {
    const store = await make();
    const hostile = ['../x', 'a/../../x', '/etc/passwd', 'a//b', '', '.', 'a/..', 'C:\\x', 'a\\..\\b', 'a\0b', 'a/./b'];
    for (const name of hostile) {
      await expect(store.put(name, text('x')), name).rejects.toMatchObject({ data: { code: expect.stringMatching(/^store\./) as unknown } });
      await expect(store.create(name, text('x')), name).rejects.toThrow();
      await expect(store.get(name), name).rejects.toThrow();
      await expect(store.delete(name), name).rejects.toThrow();
    }
  });

  it('behaves like a map, whatever is done in whatever order', async () => {
    const name = fc.constantFrom('a', 'b/a', 'b/c', 'b/d/e', 'f.json');
    const command = fc.oneof(
      fc.record({ do: fc.constant('put' as const), name, value: fc.string({ maxLength: 6 }) }),
      fc.record({ do: fc.constant('create' as const), name, value: fc.string({ maxLength: 6 }) }),
      fc.record({ do: fc.constant('delete' as const), name }),
    );
    await fc.assert(fc.asyncProperty(fc.array(command, { maxLength: 20 }), async (commands) => {
      const store = await make();
      const model = new Map<string, string>();
      for (const each of commands) {
        if (each.do === 'put') { await store.put(each.name, text(each.value)); model.set(each.name, each.value); }
        if (each.do === 'create') {
          expect(await store.create(each.name, text(each.value))).toBe(!model.has(each.name));
          if (!model.has(each.name)) model.set(each.name, each.value);
        }
        if (each.do === 'delete') { await store.delete(each.name); model.delete(each.name); }
      }
      for (const [known, value] of model) expect(await store.get(known)).toEqual(text(value));
      expect(await names(store, 'b')).toEqual([...model.keys()].filter((known) => known.startsWith('b/')).sort());
    }), { numRuns: 15 });
  });
});

describe('a shared folder', () => {
  it('follows no symbolic link out of it', async () => {
    const [folder, outside] = [await temporaryFolder(), await temporaryFolder()];
    await writeFile(join(outside, 'secret'), 'secret');
    await symlink(outside, join(folder, 'link'));
    await symlink(join(outside, 'secret'), join(folder, 'file'));
    const store = await openStore(folder);
    for (const name of ['link/secret', 'file']) await expect(store.get(name)).rejects.toMatchObject({ data: { code: 'store.read' } });
    await expect(store.put('link/new', text('x'))).rejects.toMatchObject({ data: { code: 'store.write' } });
    expect(await readdir(outside)).toEqual(['secret']);
  });

  it('leaves no drafts behind and hides those of others', async () => {
    const folder = await temporaryFolder();
    const store = await openStore(folder);
    await store.create('d/x', text('1'));
    await store.create('d/x', text('2'));
    await writeFile(join(folder, 'd', '.x.new.1-000000000000.engram-tmp'), 'half');
    expect(await names(store, 'd')).toEqual(['d/x']);
    expect(await readFile(join(folder, 'd', 'x'), 'utf8')).toBe('1');
  });

  it('says at the start that it can\'t be used', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'file'), '');
    for (const location of [join(folder, 'none'), join(folder, 'file')]) await expect(openStore(location)).rejects.toMatchObject({ data: { code: 'store.check' } });
    await expect(openStore('s3://user:secret@bucket')).rejects.toMatchObject({ data: { code: 'store.unknown-kind', got: 's3://***@bucket' } });
    await mkdir(join(folder, 'gone'));
    const store = await openStore(join(folder, 'gone'));
    await rm(join(folder, 'gone'), { recursive: true });
    await writeFile(join(folder, 'gone'), 'a file now');
    await expect(store.put('a/b', text('x'))).rejects.toMatchObject({ data: { code: 'store.write', kind: 'run' } });
  });
});
