import { link, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ModelFolder } from '../../../src/main/backbones/backbone.ts';
import { headerByteLength, parseSafetensorsHeader } from '../../../src/main/core/safetensors/header.ts';
import { writeSafetensors } from '../../../src/main/core/safetensors/write.ts';
import { FileHashes } from '../../../src/main/services/file-hashes.ts';
import { openModelFolder } from '../../../src/main/services/model-folder.ts';
import { faultOf } from '../../support/fault.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

function open(path: string, label?: string): Promise<ModelFolder> {
  return openModelFolder(path, { hashes: new FileHashes(undefined), header: { byteLength: headerByteLength, parse: parseSafetensorsHeader }, ...(label === undefined ? {} : { label }) });
}

async function put(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

const TENSORS = writeSafetensors([{ name: 'a', dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) }], { format: 'pt' });

describe('openModelFolder', () => {
  test('reads texts, JSON and headers below it', async () => {
    const folder = await temporaryFolder();
    await put(folder, { 'unet/config.json': '{"a": 1}', 'merges.txt': 'a b', 'unet/w.safetensors': TENSORS });
    const model = await open(folder, 'sd15');
    expect(model.label).toBe('sd15');
    expect([await model.has('unet/config.json'), await model.has('unet'), await model.has('none.json'), await model.has('merges.txt/x')]).toEqual([true, true, false, false]);
    expect(await model.readText('merges.txt')).toBe('a b');
    expect(await model.readJson('unet/config.json')).toEqual({ a: 1 });
    const { file, index } = await model.weights('unet/w.safetensors');
    expect(file).toBe(join(folder, 'unet/w.safetensors'));
    expect(index.tensors.get('a')).toMatchObject({ dtype: 'float32', shape: [2], length: 8 });
  });

  test('names the file in every fault', async () => {
    const folder = await temporaryFolder();
    await put(folder, { 'bad.json': '{"a": ', 'latin.txt': Uint8Array.of(0xe9), 'cut.safetensors': TENSORS.subarray(0, 20), 'short.safetensors': Uint8Array.of(1, 2), 'pickle.bin': 'x', 'dir.json/x': '' });
    const model = await open(folder, 'sd15');
    expect(await faultOf(() => model.readJson('bad.json'))).toMatchObject({ code: 'model.not-json', where: 'sd15/bad.json', kind: 'input' });
    expect(await faultOf(() => model.readText('latin.txt'))).toMatchObject({ code: 'model.not-text', where: 'sd15/latin.txt' });
    expect(await faultOf(() => model.readText('none.txt'))).toMatchObject({ code: 'model.missing-file', where: 'sd15/none.txt' });
    expect(await faultOf(() => model.readText('dir.json'))).toMatchObject({ code: 'model.not-a-file' });
    expect(await faultOf(() => model.weights('cut.safetensors'))).toMatchObject({ where: 'sd15/cut.safetensors' });
    expect(await faultOf(() => model.weights('short.safetensors'))).toMatchObject({ code: 'safetensors.truncated' });
    expect(await faultOf(() => model.readText('pickle.bin'))).toMatchObject({ code: 'model.file-kind', kind: 'internal' });
    expect(await faultOf(() => open(join(folder, 'bad.json')))).toMatchObject({ code: 'model.not-a-folder', kind: 'input' });
    expect(await faultOf(() => open(join(folder, 'none')))).toMatchObject({ code: 'model.not-a-folder' });
  });

  test.each(['../outside.json', '/etc/passwd', 'unet/../../outside.json', 'link.json', 'folder/outside.json', 'a\\b.json', 'C:/x.json', 'a\0.json'])('does not leave the folder by %j', async (path) => {
    const top = await temporaryFolder();
    await put(top, { 'model/unet/config.json': '{}', 'outside.json': '{}' });
    await symlink(join(top, 'outside.json'), join(top, 'model/link.json'));
    await symlink(top, join(top, 'model/folder'));
    const model = await open(join(top, 'model'));
    for (const action of [() => model.has(path), () => model.readText(path), () => model.weights(path)]) {
      expect((await faultOf(action)).code).toMatch(/^files\.outside$|^model\.file-kind$/);
    }
  });

  test('reads a Hugging Face cache, whose files are links into its blobs, but no other links out', async () => {
    const top = await temporaryFolder();
    await put(top, { 'hub/models--org--sd15/blobs/abc': '{"cached": true}', 'hub/other': '{}' });
    const snapshot = join(top, 'hub/models--org--sd15/snapshots/0123');
    await mkdir(join(snapshot, 'unet'), { recursive: true });
    await symlink('../../../blobs/abc', join(snapshot, 'unet/config.json'));
    await symlink('../../../../other', join(snapshot, 'unet/bad.json'));
    const model = await open(snapshot);
    expect(await model.readJson('unet/config.json')).toEqual({ cached: true });
    expect((await faultOf(() => model.readJson('unet/bad.json'))).code).toBe('files.outside');
    await put(top, { 'plain/blobs/abc': '{}' });
    await mkdir(join(top, 'plain/snapshots/1'), { recursive: true });
    await symlink('../../blobs/abc', join(top, 'plain/snapshots/1/config.json'));
    expect((await faultOf(async () => (await open(join(top, 'plain/snapshots/1'))).readJson('config.json'))).code).toBe('files.outside');
  });

  test('a folder that is itself a link is what the user chose', async () => {
    const top = await temporaryFolder();
    await put(top, { 'real/a.json': '1' });
    await symlink(join(top, 'real'), join(top, 'model'));
    expect(await (await open(join(top, 'model'))).readJson('a.json')).toBe(1);
  });
});

describe('fingerprint', () => {
  const files = { 'unet/config.json': '{}', 'unet/w.safetensors': TENSORS, 'vae/config.json': '{"a":1}' };

  async function fingerprint(content: Readonly<Record<string, string | Uint8Array>>, under = ''): Promise<string> {
    const folder = await temporaryFolder();
    await put(folder, content);
    return (await open(folder)).fingerprint(under);
  }

  test('depends on names and contents alone', async () => {
    const base = await fingerprint(files);
    expect(base).toMatch(/^[0-9a-f]{64}$/);
    expect(await fingerprint(Object.fromEntries(Object.entries(files).reverse()))).toBe(base);
    expect(await fingerprint({ ...files, 'vae/config.json': '{"a":2}' })).not.toBe(base);
    expect(await fingerprint({ 'unet/config.json': '{}', 'unet/w.safetensors': TENSORS, 'vae/other.json': '{"a":1}' })).not.toBe(base);
    // Moving bytes from one file to the next must not be the same.
    expect(await fingerprint({ 'a.txt': 'xy', 'b.txt': '' })).not.toBe(await fingerprint({ 'a.txt': 'x', 'b.txt': 'y' }));
  });

  test('leaves out what the program never reads', async () => {
    const base = await fingerprint(files);
    expect(await fingerprint({ ...files, '.git/config': 'x', '.cache/huggingface/a.json': 'x', 'unet/w.bin': 'x', 'README.md': 'x', '.DS_Store': 'x' })).toBe(base);
  });

  test('can be of a part, or of one file', async () => {
    expect(await fingerprint(files, 'unet')).toBe(await fingerprint({ 'unet/config.json': '{}', 'unet/w.safetensors': TENSORS }, 'unet'));
    expect(await fingerprint(files, 'vae/config.json')).not.toBe(await fingerprint(files, 'unet/config.json'));
    expect((await faultOf(() => fingerprint(files, 'none'))).code).toBe('model.missing-file');
  });

  test('is the same through links', async () => {
    const top = await temporaryFolder();
    await put(top, { 'one/a.json': '{}', 'models--x/blobs/abc': '{}' });
    await mkdir(join(top, 'models--x/snapshots/1'), { recursive: true });
    await symlink('../../blobs/abc', join(top, 'models--x/snapshots/1/a.json'));
    await link(join(top, 'one/a.json'), join(top, 'one/b.json'));
    expect(await (await open(join(top, 'models--x/snapshots/1'))).fingerprint('a.json')).toBe(await (await open(join(top, 'one'))).fingerprint('a.json'));
  });
});
