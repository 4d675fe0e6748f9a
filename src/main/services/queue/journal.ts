import { dirname } from 'node:path';
import type { z } from 'zod';
import { internalError, runError, type AppError } from '../../../contract/errors.ts';
import { makeFolder, syncFolder, writeError, writeFileAtomic } from '../atomic-write.ts';
import { errorCode, nodeFileSystem, type FileSystem } from '../file-system.ts';
import { journalLine, parseJournal, type JournalContents, type JournalDamage } from './journal-format.ts';

export interface JournalOptions<E> {
  readonly path: string;
  /** What an entry must be; a line whose entry isn't counts as damaged. */
  readonly schema: z.ZodType<E>;
  readonly fileSystem?: FileSystem;
}

/** What was found when a journal was opened. */
export interface OpenedJournal<E> {
  readonly journal: Journal<E>;
  readonly entries: readonly E[];
  /** Lines that were damaged; they were moved to the file beside the journal that {@link damagedPath} names. */
  readonly damage: readonly JournalDamage[];
  /** Bytes of an unfinished write that were cut off. */
  readonly tornBytes: number;
}

type Handle = Awaited<ReturnType<FileSystem['open']>>;

interface Pending { readonly entry: unknown; readonly resolve: () => void; readonly reject: (error: AppError) => void }
interface Compaction { readonly snapshot: () => readonly unknown[]; readonly resolve: () => void; readonly reject: (error: AppError) => void }

/** How far a journal is known to be good. */
interface JournalEnd { readonly size: number; readonly sequence: number; readonly lines: number }

function endOf({ goodBytes, sequence, lines }: JournalContents<unknown>): JournalEnd {
  return { size: goodBytes, sequence, lines };
}

/** Where the damaged lines of a journal are kept. */
export function damagedPath(path: string): string {
  return `${path}.damaged`;
}

async function readBytes(path: string, fileSystem: FileSystem): Promise<Uint8Array> {
  try {
    return await fileSystem.readFile(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return new Uint8Array(0);
    throw runError('files.read', path, 'journal must be readable', { got: (error as Error).message, path });
  }
}

/** Reads a journal that another process may be writing: changes nothing, takes no notice of an unfinished last line. @throws AppError `files.read`. */
export async function readJournal<E>({ path, schema, fileSystem = nodeFileSystem }: JournalOptions<E>): Promise<JournalContents<E>> {
  return parseJournal(await readBytes(path, fileSystem), schema);
}

async function appendSynced(path: string, text: string, fileSystem: FileSystem): Promise<void> {
  const handle = await fileSystem.open(path, 'a');
  try {
    await handle.appendFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await syncFolder(dirname(path), fileSystem);
}

function linesOf(entries: readonly unknown[], first: number): string {
  return entries.map((entry, index) => journalLine(first + index, entry)).join('');
}

/**
 * Opens a journal for writing, and makes it when there is none: cuts an unfinished last write off, moves damaged lines to a file beside it.
 * The caller must hold a lock: two writers would damage each other's lines.
 * @throws AppError `files.read`, `files.write`.
 */
export async function openJournal<E>(options: JournalOptions<E>): Promise<OpenedJournal<E>> {
  const { path, schema, fileSystem = nodeFileSystem } = options;
  const contents = parseJournal(await readBytes(path, fileSystem), schema);
  const { entries, damage, tornBytes } = contents;
  try {
    await makeFolder(dirname(path), fileSystem);
    if (damage.length > 0) {
      await appendSynced(damagedPath(path), damage.map((line) => `${JSON.stringify(line)}\n`).join(''), fileSystem);
      await writeFileAtomic(path, linesOf(entries, 1), fileSystem);
    }
    const handle = await fileSystem.open(path, 'a');
    const end = damage.length > 0 ? { size: Buffer.byteLength(linesOf(entries, 1)), sequence: entries.length, lines: entries.length } : endOf(contents);
    const journal = new Journal<E>({ path, schema, fileSystem }, handle, end);
    if (tornBytes > 0 && damage.length === 0) await handle.truncate(end.size);
    // What a killed process wrote may be in memory only: what was read is relied on from here.
    await handle.sync();
    await syncFolder(dirname(path), fileSystem);
    return { journal, entries, damage, tornBytes };
  } catch (error) {
    throw writeError(path, error);
  }
}

/**
 * An append-only file of entries, one JSON line each with checksum and sequence number. Entries that are appended at the same time share one flush;
 * nobody is told that an entry is kept before the disk has said so.
 */
export class Journal<E> {
  private pending: Pending[] = [];
  private compaction: Compaction | undefined;
  private loop: Promise<void> | undefined;
  private closed = false;
  /** The file may end in something that nobody was told is kept. */
  private torn = false;
  /** The open file may no longer be the one of that name. */
  private stale = false;

  constructor(private readonly options: Required<JournalOptions<E>>, private handle: Handle, private end: JournalEnd) {}

  /** Lines in the file now. */
  get lines(): number {
    return this.end.lines;
  }

  /**
   * Appends an entry; settles when it is on the disk.
   * @throws AppError `files.write` when it isn't: a full disk, for example. The entry is then not in the journal, and later ones may be appended again.
   */
  append(entry: E): Promise<void> {
    return this.enqueue((resolve, reject) => { this.pending.push({ entry, resolve, reject }); });
  }

  /**
   * Puts the entries of a snapshot in the place of all lines, by writing a new file and renaming it.
   * @param snapshot Called when every entry appended before is on the disk and none is on its way; must say the same as they do.
   */
  compact(snapshot: () => readonly E[]): Promise<void> {
    if (this.compaction !== undefined) return Promise.reject(internalError('journal.compaction', this.options.path, 'must be compacted once at a time'));
    return this.enqueue((resolve, reject) => { this.compaction = { snapshot, resolve, reject }; });
  }

  /** Waits for what is on its way, and closes the file. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.loop;
    await this.handle.close();
  }

  private enqueue(add: (resolve: () => void, reject: (error: AppError) => void) => void): Promise<void> {
    if (this.closed) return Promise.reject(internalError('journal.closed', this.options.path, 'must not be written after it was closed'));
    const settled = new Promise<void>(add);
    this.loop ??= this.work();
    return settled;
  }

  private async work(): Promise<void> {
    // What is appended in this turn of the event loop shares the first flush.
    await Promise.resolve();
    for (;;) {
      if (this.pending.length > 0) {
        const group = this.pending;
        this.pending = [];
        await this.settle(group, () => this.write(group.map(({ entry }) => entry)));
      } else if (this.compaction !== undefined) {
        const { compaction } = this;
        this.compaction = undefined;
        await this.settle([compaction], () => this.replace(compaction.snapshot()));
      } else {
        this.loop = undefined;
        return;
      }
    }
  }

  private async settle(waiting: readonly Pick<Pending, 'resolve' | 'reject'>[], action: () => Promise<void>): Promise<void> {
    try {
      await action();
      for (const { resolve } of waiting) resolve();
    } catch (error) {
      for (const { reject } of waiting) reject(writeError(this.options.path, error));
    }
  }

  private async write(entries: readonly unknown[]): Promise<void> {
    await this.heal();
    const text = linesOf(entries, this.end.sequence + 1);
    this.torn = true;
    await this.handle.appendFile(text);
    await this.handle.sync();
    this.torn = false;
    const { size, sequence, lines } = this.end;
    this.end = { size: size + Buffer.byteLength(text), sequence: sequence + entries.length, lines: lines + entries.length };
  }

  /** After a failed write: makes the file end where it is known to be good. */
  private async heal(): Promise<void> {
    const { path, schema, fileSystem } = this.options;
    if (this.stale) {
      const handle = await fileSystem.open(path, 'a');
      await this.handle.close();
      this.handle = handle;
      this.end = endOf(parseJournal(await fileSystem.readFile(path), schema));
      this.stale = false;
    }
    if (!this.torn) return;
    // A flush that failed may have dropped pages for good: only what was flushed before counts.
    await this.handle.truncate(this.end.size);
    await this.handle.sync();
    this.torn = false;
  }

  private async replace(entries: readonly unknown[]): Promise<void> {
    await this.heal();
    const { path, fileSystem } = this.options;
    // From here on nobody knows which of two equal files the name stands for, until it is opened again.
    this.stale = true;
    await writeFileAtomic(path, linesOf(entries, 1), fileSystem);
    await this.heal();
  }
}
