import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLock } from '../../../tools/lib/lock.mjs';

describe('withLock', () => {
  let folder: string;
  let path: string;
  const lines: string[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lock-'));
    path = join(folder, 'inner', 'task.lock');
    lines.length = 0;
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  const log = (line: string): number => lines.push(line);

  it('lets tasks of one lock run one after another and tells who waits', async () => {
    const events: string[] = [];
    const task = (name: string) => async (): Promise<void> => {
      events.push(`${name} in`);
      expect(readFileSync(path, 'utf8')).toBe(String(process.pid));
      await new Promise((resolve) => setTimeout(resolve, 50));
      events.push(`${name} out`);
    };
    await Promise.all([withLock(path, log, task('first')), withLock(path, log, task('second'))]);
    expect(events).toEqual(['first in', 'first out', 'second in', 'second out']);
    expect(lines).toEqual([`Waiting for process ${process.pid}, which is setting up (${path})`]);
  });

  it('takes over the lock of a process that is gone', async () => {
    await withLock(path, log, async () => undefined);
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    writeFileSync(path, String(pid));
    expect(await withLock(path, log, async () => 'done')).toBe('done');
    expect(lines).toEqual([]);
  });

  it('gives the lock back when the task fails', async () => {
    await expect(withLock(path, log, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(existsSync(path)).toBe(false);
  });
});
