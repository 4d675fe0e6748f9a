import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { inputError, runError } from '../../../contract/errors.ts';
import { makeFolder, writeError } from '../atomic-write.ts';
import { errorCode, nodeFileSystem, type FileSystem } from '../file-system.ts';
import { processIdentitySchema, systemProcesses, type ProcessIdentity, type Processes } from './processes.ts';

const lockSchema = processIdentitySchema.extend({ token: z.string() });
type LockRecord = z.infer<typeof lockSchema>;

export interface LockOptions {
  readonly fileSystem?: FileSystem;
  readonly processes?: Processes;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** A lock that is held. */
export interface HeldLock {
  /** Aborted when another process has taken the lock, which happens only after this one has slept for long on a shared folder. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/** A holder whose process can't be looked at from here counts as gone when its lock file hasn't been touched for this long. */
const SILENT_MS = 120_000;
const HEARTBEAT_MS = 15_000;
/** A lock file without content this old was left by a process that died while writing it. */
const UNFINISHED_MS = 3_000;
const TRIES = 40;

interface Found {
  readonly name: string;
  readonly generation: number;
  readonly record: LockRecord | undefined;
  readonly modified: number;
}

/** Lock files are numbered (`lock.7`): one that was left behind is superseded by the next number, which only one process can make. */
const NAME = /^lock\.(\d{1,15})$/;

async function findLocks(folder: string, fileSystem: FileSystem): Promise<Found[]> {
  const found: Found[] = [];
  for (const name of await fileSystem.readdir(folder)) {
    const generation = NAME.exec(name)?.[1];
    if (generation === undefined) continue;
    try {
      const text = await fileSystem.readFile(join(folder, name), 'utf8');
      const { mtimeMs } = await fileSystem.stat(join(folder, name));
      found.push({ name, generation: Number(generation), record: readRecord(text), modified: mtimeMs });
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error; // released meanwhile
    }
  }
  return found;
}

function readRecord(text: string): LockRecord | undefined {
  try {
    return lockSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

async function isHeld(lock: Found, processes: Processes, now: number): Promise<boolean> {
  if (lock.record === undefined) return now - lock.modified < UNFINISHED_MS;
  return (await processes.isRunning(lock.record)) ?? now - lock.modified < SILENT_MS;
}

async function writeLock(path: string, record: LockRecord, fileSystem: FileSystem): Promise<boolean> {
  try {
    const handle = await fileSystem.open(path, 'wx');
    try {
      await handle.writeFile(JSON.stringify(record));
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Who holds the lock of a folder now, if anybody. */
export async function lockHolder(folder: string, { fileSystem = nodeFileSystem, processes = systemProcesses, now = Date.now }: LockOptions = {}): Promise<ProcessIdentity | undefined> {
  const locks = await findLocks(folder, fileSystem).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw runError('files.read', folder, 'lock must be readable', { got: (error as Error).message, path: folder });
  });
  for (const lock of locks) {
    if (lock.record !== undefined && (await isHeld(lock, processes, now()))) return { pid: lock.record.pid, host: lock.record.host, started: lock.record.started };
  }
  return undefined;
}

async function attempt(folder: string, record: LockRecord, options: Required<LockOptions>): Promise<{ readonly path: string } | { readonly holder: LockRecord | undefined }> {
  const { fileSystem, processes, now } = options;
  const before = await findLocks(folder, fileSystem);
  for (const lock of before) if (await isHeld(lock, processes, now())) return { holder: lock.record };
  const generation = Math.max(0, ...before.map((lock) => lock.generation)) + 1;
  const path = join(folder, `lock.${generation}`);
  if (!(await writeLock(path, record, fileSystem))) return { holder: undefined };
  // Another process may have seen other files than this one and made another number: then both step back.
  for (const lock of await findLocks(folder, fileSystem)) {
    if (lock.generation === generation || !(await isHeld(lock, processes, now()))) continue;
    await fileSystem.unlink(path).catch(() => undefined);
    return { holder: lock.record };
  }
  for (const lock of before) await fileSystem.unlink(join(folder, lock.name)).catch(() => undefined);
  return { path };
}

function hold(path: string, record: LockRecord, fileSystem: FileSystem): HeldLock {
  const controller = new AbortController();
  const beat = async (): Promise<void> => {
    const text = await fileSystem.readFile(path, 'utf8').catch(() => '');
    if (readRecord(text)?.token !== record.token) return controller.abort();
    const time = new Date();
    await fileSystem.utimes(path, time, time);
  };
  // A heartbeat that can't be written is no reason to stop: another process looks at this one first.
  const timer = setInterval(() => void beat().catch(() => undefined), HEARTBEAT_MS);
  timer.unref();
  return {
    lost: controller.signal,
    async release() {
      clearInterval(timer);
      const text = await fileSystem.readFile(path, 'utf8').catch(() => '');
      if (readRecord(text)?.token === record.token) await fileSystem.unlink(path).catch(() => undefined);
    },
  };
}

/**
 * Takes the lock of a folder, which is made when missing. Locks whose process has died are taken over, also when its number belongs to another process by now.
 * @param what For the message: `batch "night"`.
 * @throws AppError `queue.locked` naming the holder, `files.write`.
 */
export async function takeLock(folder: string, what: string, options: LockOptions = {}): Promise<HeldLock> {
  const { fileSystem = nodeFileSystem, processes = systemProcesses, now = Date.now } = options;
  const record: LockRecord = { ...(await processes.self()), token: randomBytes(12).toString('hex') };
  try {
    await makeFolder(folder, fileSystem);
    for (let tried = 0; ; tried += 1) {
      const outcome = await attempt(folder, record, { fileSystem, processes, now });
      if ('path' in outcome) return hold(outcome.path, record, fileSystem);
      const { holder } = outcome;
      if (holder !== undefined && (await processes.isRunning(holder)) !== false && tried >= 3) throw lockedError(folder, what, holder);
      if (tried >= TRIES) throw lockedError(folder, what, holder);
      // Uneven waits, so that two that step back don't meet again.
      await sleep(20 + (randomBytes(1)[0] as number));
    }
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    throw writeError(join(folder, 'lock'), error);
  }
}

function lockedError(folder: string, what: string, holder: LockRecord | undefined): Error {
  return inputError('queue.locked', what, 'is being worked on by another process', {
    path: dirname(folder), ...(holder === undefined ? {} : { got: `process ${holder.pid} on ${holder.host}` }),
    hint: 'Wait for it, or steer it with `engram queue`',
  });
}
