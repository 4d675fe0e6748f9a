import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { BatchSource } from '../../../../src/contract/batch-file.ts';
import { BatchFiles, fileStemOf, readSource } from '../../../../src/main/services/batch/sources.ts';
import { faultOf } from '../../../support/fault.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

/** `batch/` with the given files, beside `outside/secret.txt`. */
async function world(files: Record<string, string> = {}): Promise<{ files: BatchFiles; folder: string }> {
  const top = await temporaryFolder();
  const folder = join(top, 'batch');
  for (const [name, text] of Object.entries({ 'batch/.keep': '', 'outside/secret.txt': 'secret', 'root/tables/x.engram.safetensors': '', ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`batch/${name}`, text])) })) {
    await mkdir(dirname(join(top, name)), { recursive: true });
    await writeFile(join(top, name), text);
  }
  return { folder, files: new BatchFiles({ base: folder, roots: { root: join(top, 'root') } }) };
}

async function values(source: BatchSource, files: Record<string, string> = {}): Promise<unknown[]> {
  return (await readSource(source, 'axis "a"', (await world(files)).files)).map(({ value }) => value);
}

describe('sources without files', () => {
  test('a list is itself, with labels for people', async () => {
    const { files } = await world();
    expect(await readSource([1.5, true, 'x', ['a', 'b'], [1, 2]], 'a', files)).toEqual([
      { label: '1.5', value: 1.5 }, { label: 'true', value: true }, { label: 'x', value: 'x' }, { label: 'a, b', value: ['a', 'b'] }, { label: '1, 2', value: [1, 2] },
    ]);
  });

  test('ranges hold their ends and are free of rounding', async () => {
    expect(await values({ from: 0, to: 1, step: 0.1 })).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
    expect(await values({ from: 3, to: -1, step: -2 })).toEqual([3, 1, -1]);
    expect(await values({ from: 1, to: 2.9, step: 1 })).toEqual([1, 2]);
    expect(await values({ from: 5, to: 5, step: 1 })).toEqual([5]);
  });

  test.each([
    [{ from: 1, to: 0, step: 1 }, 'batch.range'],
    [{ from: 0, to: 1, step: 0 }, 'batch.range'],
    [{ from: 0, to: 1e9, step: 1 }, 'batch.too-many-values'],
    [{ from: 0, to: 1, step: 1e-300 }, 'batch.too-many-values'],
    [{ seeds: 2, from: Number.MAX_SAFE_INTEGER }, 'batch.seeds'],
  ])('refuses %j', async (source, code) => {
    expect(await faultOf(() => values(source))).toMatchObject({ code, where: 'axis "a"' });
  });

  test('seeds count up or are drawn', async () => {
    expect(await values({ seeds: 3, from: 100 })).toEqual([100, 101, 102]);
    const drawn = await values({ seeds: 3, draw: 5 });
    expect(new Set(drawn).size).toBe(3);
    expect(await values({ seeds: 3, draw: 5 })).toEqual(drawn);
    expect(await values({ seeds: 3, draw: 6 })).not.toEqual(drawn);
  });
});

describe('text files', () => {
  test('lines', async () => {
    expect(await values({ lines: 'p.txt' }, { 'p.txt': '\uFEFFa fox\r\n\r\na, "b"\n' })).toEqual(['a fox', 'a, "b"']);
    expect(await faultOf(() => values({ lines: 'p.txt' }, { 'p.txt': '\n \n' }))).toMatchObject({ code: 'batch.no-values' });
  });

  test('columns of CSV files', async () => {
    const csv = { 'r.csv': '\uFEFFprompt,seed\n"a ""red"" fox,\nsitting",7\ncat,8\n' };
    expect(await values({ csv: 'r.csv', column: 'prompt', delimiter: ',' }, csv)).toEqual(['a "red" fox,\nsitting', 'cat']);
    expect(await values({ csv: 'r.csv', column: 'seed', delimiter: ',' }, csv)).toEqual(['7', '8']);
    expect(await faultOf(() => values({ csv: 'r.csv', column: 'Prompt', delimiter: ',' }, csv))).toMatchObject({ code: 'batch.column', got: '"Prompt"', hint: 'Columns: prompt, seed' });
    expect(await faultOf(() => values({ csv: 'r.csv', column: '__proto__', delimiter: ',' }, csv))).toMatchObject({ code: 'batch.column' });
    expect(await faultOf(() => values({ csv: 'r.csv', column: 'a', delimiter: ',' }, { 'r.csv': 'a;b\n1;2\n' }))).toMatchObject({ hint: 'Are cells separated by ";"? Say so with "delimiter"' });
    expect(await faultOf(() => values({ csv: 'r.csv', column: 'a', delimiter: ',' }, { 'r.csv': 'a\n"' }))).toMatchObject({ code: 'csv.quote', where: 'axis "a", r.csv line 2' });
  });

  test('JSON lines, plain or by a key', async () => {
    const jsonl = { 'r.jsonl': '{"prompt": "a", "__proto__": "p", "tags": ["x"]}\n\n{"prompt": 2, "__proto__": "q", "tags": []}\n' };
    expect(await values({ jsonl: 'r.jsonl', column: 'prompt' }, jsonl)).toEqual(['a', 2]);
    expect(await values({ jsonl: 'r.jsonl', column: '__proto__' }, jsonl)).toEqual(['p', 'q']);
    expect(await values({ jsonl: 'r.jsonl', column: 'tags' }, jsonl)).toEqual([['x'], []]);
    expect(await values({ jsonl: 'r.jsonl' }, { 'r.jsonl': '"a"\n1\ntrue\n[1, 2]' })).toEqual(['a', 1, true, [1, 2]]);
    expect(await faultOf(() => values({ jsonl: 'r.jsonl', column: 'toString' }, jsonl))).toMatchObject({ code: 'batch.column', where: 'axis "a", r.jsonl line 1' });
  });

  test.each([
    ['{"a": 1', undefined, 'batch.jsonl'],
    ['{"a": {}}', 'a', 'batch.jsonl'],
    ['null', undefined, 'batch.jsonl'],
    ['[1, "a"]', undefined, 'batch.jsonl'],
    ['1e999', undefined, 'batch.jsonl'],
    ['{"a": 1}', undefined, 'batch.column'],
    ['7', 'a', 'batch.column'],
  ])('refuses the line %s for column %s', async (line, column, code) => {
    const source = { jsonl: 'r.jsonl', ...(column === undefined ? {} : { column }) };
    expect(await faultOf(() => values(source, { 'r.jsonl': `\n${line}\n` }))).toMatchObject({ code, where: 'axis "a", r.jsonl line 2' });
  });
});

describe('folders', () => {
  test('give files of their kind by name, hidden files and sub-folders left out', async () => {
    const { files, folder } = await world({ 'in/b.PNG': '', 'in/a.jpg': '', 'in/.c.png': '', 'in/notes.txt': '', 'in/sub/d.png': '', 'in/e.png/x': '' });
    expect(await readSource({ folder: 'in/', kind: 'images' }, 'a', files)).toEqual([
      { label: 'a.jpg', value: 'in/a.jpg', file: join(folder, 'in/a.jpg') }, { label: 'b.PNG', value: 'in/b.PNG', file: join(folder, 'in/b.PNG') },
    ]);
    expect(await readSource({ folder: 'root:tables', kind: 'tables' }, 'a', files)).toEqual([{ label: 'x.engram.safetensors', value: 'root:tables/x.engram.safetensors' }]);
    expect(await faultOf(() => readSource({ folder: 'in', kind: 'graphs' }, 'a', files))).toMatchObject({ code: 'batch.empty-folder', got: '"in"' });
    expect(await faultOf(() => readSource({ folder: 'in/a.jpg', kind: 'images' }, 'a', files))).toMatchObject({ code: 'batch.not-a-folder' });
  });

  test('a link in a folder may not lead out of what the user chose', async () => {
    const { files, folder } = await world({ 'in/a.png': '' });
    await symlink(join(folder, '../root/tables/x.engram.safetensors'), join(folder, 'in/inside.png'));
    expect(await readSource({ folder: 'in', kind: 'images' }, 'a', files)).toHaveLength(2);
    await symlink(join(folder, '../outside/secret.txt'), join(folder, 'in/out.png'));
    expect(await faultOf(() => readSource({ folder: 'in', kind: 'images' }, 'a', files))).toMatchObject({ code: 'files.outside' });
  });
});

test.each<BatchSource>([
  { lines: '../outside/secret.txt' }, { lines: '/etc/passwd' }, { lines: 'other:x' }, { lines: 'root:../outside/secret.txt' },
  { csv: '../outside/secret.txt', column: 'a', delimiter: ',' }, { jsonl: '../outside/secret.txt' }, { folder: '../outside', kind: 'images' }, { folder: '/etc', kind: 'images' },
])('nothing outside what the user chose is read: %j', async (source) => {
  expect((await faultOf(() => values(source))).code).toMatch(/^files\.(?:outside|unknown-root)$/);
});

test.each([
  ['a.png', 'a'], ['tables/a.engram.safetensors', 'a'], ['x.graph.json', 'x'], ['a.b.png', 'a.b'], ['C:\\x\\a.png', 'a'], ['noending', 'noending'], ['.hidden', '.hidden'], ['.engram.safetensors', '.engram'], ['', ''],
])('the stem of %s is %s', (name, stem) => {
  expect(fileStemOf(name)).toBe(stem);
});
