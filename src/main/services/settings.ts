import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { inputError, runError } from '../../contract/errors.ts';
import { DEVICE_CHOICES } from '../../contract/devices.ts';
import { writeFileAtomic } from './atomic-write.ts';
import { errorCode } from './file-system.ts';

const GIBIBYTE = 1024 ** 3;
const bytes = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const absolutePath = z.string().refine((path) => isAbsolute(path), 'must be an absolute path');

const settingsSchema = z.strictObject({
  version: z.literal(1).default(1),
  cacheFolder: absolutePath.optional().describe('Where cached values and file hashes are kept'),
  outputFolder: absolutePath.optional().describe('Where runs of the studio put what they make'),
  cacheLimit: bytes.default(8 * GIBIBYTE).describe('Bytes that cached values may take on disk'),
  valueMemory: bytes.default(GIBIBYTE).describe('Bytes that values between nodes may take in memory before the oldest are dropped'),
  sessionMemory: bytes.optional().describe('Bytes of private memory up to which idle sessions are kept; half of the machine\'s memory when left out'),
  threads: z.int().min(1).max(1024).optional().describe('Threads within one operation; every core when left out'),
  device: z.enum(DEVICE_CHOICES).default('auto'),
  modelRoots: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{1,63}$/, 'root names must be a letter, then letters, digits, "-" or "_", 2..64 in all'), absolutePath).default({}).describe('Named folders of models: `name:path` in graphs'),
});

/** What the user has set up, checked. */
export type Settings = z.infer<typeof settingsSchema> & { readonly cacheFolder: string };

type Environment = Readonly<Record<string, string | undefined>>;

/** A folder of the user's by the habits of the system: XDG variables first, everywhere. */
function userFolder(kind: 'cache' | 'config' | 'data', environment: Environment, platform: NodeJS.Platform): string {
  const home = environment['HOME'] ?? environment['USERPROFILE'] ?? homedir();
  const xdg = environment[`XDG_${kind.toUpperCase()}_HOME`];
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, 'engram-studio');
  if (platform === 'win32') {
    const base = environment[kind === 'cache' ? 'LOCALAPPDATA' : 'APPDATA'] ?? join(home, 'AppData', kind === 'cache' ? 'Local' : 'Roaming');
    return join(base, 'engram-studio', ...(kind === 'config' ? [] : [kind]));
  }
  if (platform === 'darwin') return join(home, 'Library', kind === 'cache' ? 'Caches' : 'Application Support', 'engram-studio', ...(kind === 'data' ? ['data'] : []));
  return join(home, { cache: '.cache', config: '.config', data: join('.local', 'share') }[kind], 'engram-studio');
}

/** The cache folder: `ENGRAM_CACHE`, else the user's cache folder (`~/.cache/engram-studio` on Linux). */
export function defaultCacheFolder(environment: Environment = process.env, platform: NodeJS.Platform = process.platform): string {
  const chosen = environment['ENGRAM_CACHE'];
  return chosen !== undefined && chosen !== '' ? resolve(chosen) : userFolder('cache', environment, platform);
}

/** Where the studio keeps queue, history and unsaved work: `ENGRAM_DATA`, else the user's folder for data (`~/.local/share/engram-studio` on Linux). */
export function defaultDataFolder(environment: Environment = process.env, platform: NodeJS.Platform = process.platform): string {
  const chosen = environment['ENGRAM_DATA'];
  return chosen !== undefined && chosen !== '' ? resolve(chosen) : userFolder('data', environment, platform);
}

/** The settings file: `ENGRAM_SETTINGS`, else `settings.json` in the user's folder for settings. */
export function settingsPath(environment: Environment = process.env, platform: NodeJS.Platform = process.platform): string {
  const chosen = environment['ENGRAM_SETTINGS'];
  return chosen !== undefined && chosen !== '' ? resolve(chosen) : join(userFolder('config', environment, platform), 'settings.json');
}

/**
 * Checks settings and fills in what is left out. `ENGRAM_CACHE` wins over a cache folder in the file.
 * @throws AppError `settings.invalid` with every fault.
 */
export function parseSettings(raw: unknown, where: string, environment: Environment = process.env): Settings {
  const result = settingsSchema.safeParse(raw);
  if (!result.success) {
    const faults = result.error.issues.map((issue) => `${issue.path.map(String).join('.') || 'top level'}: ${issue.message}`);
    throw inputError('settings.invalid', where, 'settings must fit their schema', { got: faults.join('; '), hint: 'Correct the file or remove it to start from the defaults' });
  }
  const fromEnvironment = environment['ENGRAM_CACHE'] !== undefined && environment['ENGRAM_CACHE'] !== '';
  const cacheFolder = fromEnvironment ? undefined : result.data.cacheFolder;
  return { ...result.data, cacheFolder: cacheFolder ?? defaultCacheFolder(environment) };
}

/** Reads the settings file; the defaults when there is none. @throws AppError `settings.invalid`, `files.read`. */
export async function readSettings(path: string = settingsPath(), environment: Environment = process.env): Promise<Settings> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return parseSettings({}, path, environment);
    throw runError('files.read', path, 'settings must be readable', { got: (error as Error).message, path });
  }
  let raw: unknown;
  try {
    raw = JSON.parse(text) as unknown;
  } catch (error) {
    throw inputError('settings.invalid', path, 'settings must be JSON', { got: (error as Error).message, path });
  }
  return parseSettings(raw, path, environment);
}

/** Writes settings after checking them. @throws AppError `settings.invalid`, `files.write`. */
export async function writeSettings(settings: unknown, path: string = settingsPath()): Promise<void> {
  parseSettings(settings, path);
  await writeFileAtomic(path, `${JSON.stringify(settings, undefined, 2)}\n`);
}
