import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listDataset } from '../../../src/main/services/datasets.ts';
import { faultOf } from '../../support/fault.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function folderWith(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const top = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(top, name)), { recursive: true });
    await writeFile(join(top, name), content);
  }
  return top;
}

async function captions(files: Readonly<Record<string, string | Uint8Array>>, folder = 'data'): Promise<Record<string, string>> {
  const top = await folderWith(files);
  const { items } = await listDataset(join(top, folder));
  return Object.fromEntries(items.map((item) => [item.name, item.caption]));
}

const authors = (entries: Readonly<Record<string, string>>): string => JSON.stringify(Object.fromEntries(Object.entries(entries).map(([name, text]) => [name, { training_prompt: text, other: 1 }])));
const lines = (entries: Readonly<Record<string, string>>): string => Object.entries(entries).map(([name, text]) => JSON.stringify({ file_name: name, text })).join('\n');

describe('listDataset', () => {
  test('lists pictures by name, whatever the case of their ending, and nothing else', async () => {
    const top = await folderWith({ 'data/b.PNG': '', 'data/a.jpeg': '', 'data/c.webp': '', 'data/notes.md': '', 'data/.hidden.png': '', 'data/sub/d.png': '', 'data/a.txt': 'a caption \n' });
    await mkdir(join(top, 'data', 'folder.png'));
    const listing = await listDataset(join(top, 'data'));
    expect(listing.label).toBe('data');
    expect(listing.items).toEqual([
      { name: 'a.jpeg', path: join(top, 'data', 'a.jpeg'), caption: 'a caption' },
      { name: 'b.PNG', path: join(top, 'data', 'b.PNG'), caption: '' },
      { name: 'c.webp', path: join(top, 'data', 'c.webp'), caption: '' },
    ]);
  });

  test('a text beside the picture goes before metadata in the folder, that before metadata above it; .json before .jsonl', async () => {
    const all = {
      'data/1.png': '', 'data/2.png': '', 'data/3.png': '', 'data/4.png': '', 'data/5.png': '', 'data/6.png': '',
      'data/1.txt': 'beside',
      'data/metadata.json': authors({ '1.png': 'inside', '2.png': 'inside' }),
      'data/metadata.jsonl': lines({ '1.png': 'lines', '2.png': 'lines', '3.png': 'lines' }),
      'metadata.json': authors({ '3.png': 'above', '4.png': 'above', 'data/4.png': 'above by path' }),
      'metadata.jsonl': lines({ '4.png': 'above lines', 'data/5.png': 'above lines' }),
    };
    expect(await captions(all)).toEqual({ '1.png': 'beside', '2.png': 'inside', '3.png': 'lines', '4.png': 'above by path', '5.png': 'above lines', '6.png': '' });
  });

  test('an empty text file is a caption: nothing else is taken for it', async () => {
    expect(await captions({ 'data/1.png': '', 'data/1.txt': '', 'data/metadata.json': authors({ '1.png': 'inside' }) })).toEqual({ '1.png': '' });
  });

  test('takes plain texts as values, a byte order mark, Windows line ends and odd keys', async () => {
    expect(await captions({ 'data/1.png': '', 'metadata.json': JSON.stringify({ '1.png': 'plain', __proto__x: 'y' }) })).toEqual({ '1.png': 'plain' });
    expect(await captions({ 'data/1.png': '', 'data/1.txt': '\ufeffmarked' })).toEqual({ '1.png': 'marked' });
    expect(await captions({ 'data/1.png': '', 'data/2.png': '', 'data/metadata.jsonl': `${lines({ '1.png': 'one', '2.png': 'two' }).replace('\n', '\r\n\r\n')}\r\n` })).toEqual({ '1.png': 'one', '2.png': 'two' });
  });

  test.each([
    ['an empty folder', { 'data/readme.md': '' }, 'dataset.empty'],
    ['a file', { data: '' }, 'dataset.not-a-folder'],
    ['nothing there', { other: '' }, 'dataset.not-a-folder'],
    ['metadata that is no JSON', { 'data/1.png': '', 'data/metadata.json': '{' }, 'dataset.not-json'],
    ['metadata of another form', { 'data/1.png': '', 'data/metadata.json': '{"1.png": {"caption": "x"}}' }, 'dataset.metadata'],
    ['a list', { 'data/1.png': '', 'metadata.json': '[1]' }, 'dataset.metadata'],
    ['a line without text', { 'data/1.png': '', 'data/metadata.jsonl': '{"file_name": "1.png"}' }, 'dataset.metadata'],
    ['a caption that is no UTF-8', { 'data/1.png': '', 'data/1.txt': Uint8Array.of(0xff, 0xfe) }, 'dataset.encoding'],
    ['a caption without end', { 'data/1.png': '', 'data/1.txt': 'x'.repeat(20_001) }, 'dataset.caption-length'],
  ])('%s is refused', async (_what, files, code) => {
    const top = await folderWith(files);
    expect(await faultOf(() => listDataset(join(top, 'data')))).toMatchObject({ code, kind: 'input' });
  });

  test('names file and line', async () => {
    const top = await folderWith({ 'data/1.png': '', 'data/metadata.jsonl': '{"file_name": "1.png", "text": "a"}\n{"text": 1}' });
    expect((await faultOf(() => listDataset(join(top, 'data')))).where).toBe(`${join(top, 'data', 'metadata.jsonl')} line 2`);
  });

  test('refuses a link that leads out of the folder, and metadata of no end', async () => {
    const top = await folderWith({ 'data/1.png': '', 'secret.png': '' });
    await symlink(join(top, 'secret.png'), join(top, 'data', '2.png'));
    expect((await faultOf(() => listDataset(join(top, 'data')))).code).toBe('files.outside');
    const big = await folderWith({ 'data/1.png': '', 'data/metadata.json': '' });
    await truncate(join(big, 'data', 'metadata.json'), 64 * 2 ** 20 + 1);
    expect((await faultOf(() => listDataset(join(big, 'data')))).code).toBe('dataset.text-size');
  });
});
