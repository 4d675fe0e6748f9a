import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ModelFolder } from '../backbones/backbone.ts';
import { headerByteLength, parseSafetensorsHeader } from '../core/safetensors/header.ts';
import { FileHashes } from '../services/file-hashes.ts';
import { openModelFolder } from '../services/model-folder.ts';
import { resolveRead, type ReadScope } from '../services/path-scope.ts';
import { readSettings, type Settings } from '../services/settings.ts';

/** The name of the model root that ships with the program and that `--models` replaces. */
const MODELS_ROOT = 'models';
/** The root of what the graphs that ship read, so that a copy of one saved elsewhere still finds it. */
const EXAMPLES_ROOT = 'examples';

/** Where `models` and `graphs` lie: beside the program, or, when it is packaged, outside of its archive. */
export function resourceFolder(name: string): string {
  const folder = programFolder();
  return join(folder.endsWith('.asar') ? dirname(folder) : folder, name);
}

/** The user's settings and folders, as every command sees them. */
export interface Workspace {
  readonly settings: Settings;
  readonly hashes: FileHashes;
  /** Named roots: those of the settings, `models` and `examples`. */
  readonly roots: Readonly<Record<string, string>>;
  /** What a graph file in this folder may read. */
  scope(base: string): ReadScope;
  /** Opens a model named as in graphs (`models:NAME`) or by any path: on the command line the user chooses the folder. */
  openModel(nameOrPath: string): Promise<ModelFolder>;
}

/** The folder above the program's bundle or sources that holds package.json. */
export function programFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

/**
 * Reads the settings.
 * @param models `--models DIR`, the folder that `models:` stands for; the program's own when left out.
 */
export async function openWorkspace(models?: string): Promise<Workspace> {
  const settings = await readSettings();
  const hashes = new FileHashes(join(settings.cacheFolder, 'hashes'));
  const roots = { [MODELS_ROOT]: resourceFolder('models'), [EXAMPLES_ROOT]: resourceFolder('graphs'), ...settings.modelRoots, ...(models === undefined ? {} : { [MODELS_ROOT]: resolve(models) }) };
  const header = { byteLength: headerByteLength, parse: parseSafetensorsHeader };
  return {
    settings, hashes, roots,
    scope: (base) => ({ base, roots }),
    async openModel(nameOrPath) {
      const direct = resolve(nameOrPath);
      const path = existsSync(direct) ? direct : await resolveRead({ base: process.cwd(), roots }, nameOrPath, 'Model');
      return openModelFolder(path, { hashes, header });
    },
  };
}
