import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { runError } from '../../../contract/errors.ts';
import { writeFileAtomic } from '../atomic-write.ts';
import { errorCode } from '../file-system.ts';

/**
 * A small JSON file of the studio's own: read once, changed in order, each change written whole. A file that is damaged or missing counts as empty:
 * nothing in it is a person's work.
 */
export class JsonFile<T> {
  private known: Promise<T> | undefined;
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly path: string, private readonly schema: z.ZodType<T>, private readonly empty: () => T) {}

  /** What it holds. @throws AppError `files.read` when it is there and can't be read. */
  read(): Promise<T> {
    this.known ??= this.load();
    return this.known;
  }

  /** Changes it; changes that come meanwhile wait. @throws AppError `files.write`; what is read afterwards is what is on the disk. */
  update(change: (value: T) => T): Promise<T> {
    const next = this.last.then(async () => {
      const value = change(await this.read());
      await writeFileAtomic(this.path, JSON.stringify(value));
      this.known = Promise.resolve(value);
      return value;
    });
    this.last = next.catch(() => undefined);
    return next;
  }

  private async load(): Promise<T> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return this.empty();
      this.known = undefined;
      throw runError('files.read', this.path, 'must be readable', { got: (error as Error).message, path: this.path });
    }
    try {
      return this.schema.safeParse(JSON.parse(text)).data ?? this.empty();
    } catch {
      return this.empty();
    }
  }
}
