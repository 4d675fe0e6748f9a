import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { inputError } from '../../src/contract/errors.ts';
import type { ModelFolder } from '../../src/main/backbones/backbone.ts';
import { elementCount } from '../../src/main/core/ir/tensor.ts';
import type { DataType, Shape } from '../../src/main/core/ir/types.ts';
import { parseSafetensorsHeader, type SafetensorsEntry, type SafetensorsIndex } from '../../src/main/core/safetensors/header.ts';

/** A model folder on disk, read with plain Node calls: for tests below the services layer. */
export function nodeModelFolder(root: string, label = 'model'): ModelFolder {
  const text = (path: string): string => {
    if (!existsSync(join(root, path))) throw inputError('folder.missing', `${label}/${path}`, 'must exist');
    return readFileSync(join(root, path), 'utf8');
  };
  return {
    label,
    async fingerprint(under) {
      const base = join(root, under);
      const hash = createHash('sha256');
      for (const file of listFiles(base)) hash.update(relative(base, file).split(sep).join('/')).update('\0').update(readFileSync(file)).update('\0');
      return hash.digest('hex');
    },
    has: async (path) => existsSync(join(root, path)) && statSync(join(root, path)).isFile(),
    readText: async (path) => text(path),
    async readBytes(path) {
      if (!existsSync(join(root, path))) throw inputError('folder.missing', `${label}/${path}`, 'must exist');
      return new Uint8Array(readFileSync(join(root, path)));
    },
    readJson: async (path) => JSON.parse(text(path)) as unknown,
    async weights(path) {
      const bytes = new Uint8Array(readFileSync(join(root, path)));
      return { file: join(root, path), index: parseSafetensorsHeader(bytes, bytes.length, `${label}/${path}`) };
    },
  };
}

export interface FakeTensor {
  readonly dtype?: DataType;
  readonly shape: Shape;
}

/** What a fake folder holds: text, JSON, or a safetensors header without bytes. */
export type FakeFile = { readonly text: string } | { readonly json: unknown } | { readonly tensors: Readonly<Record<string, FakeTensor>> };

/** A folder that exists in memory alone, on top of another one; `undefined` hides a file of that one. */
export function fakeModelFolder(files: Readonly<Record<string, FakeFile | undefined>>, base?: ModelFolder, label = 'model'): ModelFolder {
  const fake = (path: string): FakeFile | undefined => (Object.hasOwn(files, path) ? files[path] : undefined);
  const below = (path: string): ModelFolder => {
    if (base === undefined || Object.hasOwn(files, path)) throw inputError('folder.missing', `${label}/${path}`, 'must exist');
    return base;
  };
  return {
    label,
    fingerprint: async (under) => createHash('sha256').update(JSON.stringify([files, await base?.fingerprint(under)])).digest('hex'),
    has: async (path) => (Object.hasOwn(files, path) ? files[path] !== undefined : ((await base?.has(path)) ?? false)),
    readBytes: async (path) => below(path).readBytes(path),
    async readText(path) {
      const file = fake(path);
      return file !== undefined && 'text' in file ? file.text : below(path).readText(path);
    },
    async readJson(path) {
      const file = fake(path);
      return file !== undefined && 'json' in file ? file.json : below(path).readJson(path);
    },
    async weights(path) {
      const file = fake(path);
      return file !== undefined && 'tensors' in file ? { file: path, index: fakeIndex(file.tensors) } : below(path).weights(path);
    },
  };
}

function fakeIndex(tensors: Readonly<Record<string, FakeTensor>>): SafetensorsIndex {
  let offset = 8;
  const entries = Object.entries(tensors).map(([name, { dtype = 'float32', shape }]): [string, SafetensorsEntry] => {
    const length = elementCount(shape) * (dtype === 'float32' ? 4 : 2);
    const entry = { name, dtype, shape, offset, length };
    offset += length;
    return [name, entry];
  });
  return { tensors: new Map(entries), metadata: new Map(), headerLength: 0, fileLength: offset };
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? listFiles(join(folder, entry.name)) : [join(folder, entry.name)]))
    .sort();
}
