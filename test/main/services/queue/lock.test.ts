import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockHolder, takeLock } from '../../../../src/main/services/queue/lock.ts';
import { systemProcesses, type ProcessIdentity, type Processes } from '../../../../src/main/services/queue/processes.ts';
import { faultOf } from '../../../support/fault.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

async function leaveLock(folder: string, owner: Partial<ProcessIdentity>, name = 'lock.3'): Promise<void> {
  await writeFile(join(folder, name), JSON.stringify({ ...(await systemProcesses.self()), token: 'x', ...owner }));
}

describe('lock of a folder', () => {
  it('is held by one, and free again afterwards', async () => {
    const folder = join(await temporaryFolder(), 'state');
    const lock = await takeLock(folder, 'Batch "night"');
    expect(await lockHolder(folder)).toMatchObject({ pid: process.pid });
    const fault = await faultOf(() => takeLock(folder, 'Batch "night"'));
    expect(fault).toMatchObject({ code: 'queue.locked', kind: 'input', where: 'Batch "night"' });
    await lock.release();
    expect([await lockHolder(folder), await readdir(folder)]).toEqual([undefined, []]);
    await (await takeLock(folder, 'Again')).release();
  });

  it('is taken over from a process that has died, also when its number belongs to another one now', async () => {
    const folder = await temporaryFolder();
    await leaveLock(folder, { pid: 2 ** 22 + 1 });
    await (await takeLock(folder, 'A')).release();
    // Our own number, of an earlier life.
    await leaveLock(folder, { started: 'an earlier start' });
    const lock = await takeLock(folder, 'B');
    expect(await readdir(folder)).toEqual(['lock.4']);
    await lock.release();
    await leaveLock(folder, {});
    expect((await faultOf(() => takeLock(folder, 'C'))).code).toBe('queue.locked');
  });

  it('is taken over when it was left unfinished, or when another machine has been silent for long', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'lock.1'), '{"pid":');
    await (await takeLock(folder, 'A')).release();
    await leaveLock(folder, { host: 'elsewhere' });
    expect(await faultOf(() => takeLock(folder, 'B'))).toMatchObject({ code: 'queue.locked', got: `process ${process.pid} on elsewhere` });
    const before = new Date(Date.now() - 10 * 60_000);
    await utimes(join(folder, 'lock.3'), before, before);
    await (await takeLock(folder, 'B')).release();
  });

  it('has one holder when many find a dead one at once', async () => {
    const folder = await temporaryFolder();
    await leaveLock(folder, { pid: 2 ** 22 + 1 });
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, (_, index) => takeLock(folder, `Taker ${index}`, { processes: asProcess(index) })));
    const held = outcomes.filter((outcome) => outcome.status === 'fulfilled');
    expect(held).toHaveLength(1);
    expect((await readdir(folder)).filter((name) => name.startsWith('lock'))).toHaveLength(1);
    await held[0]?.value.release();
  });
});

/** A process of its own number that runs, among others that do. */
function asProcess(index: number): Processes {
  return {
    ...systemProcesses, self: () => Promise.resolve({ pid: 10 + index, host: 'toy', started: String(index) }),
    isRunning: ({ host }) => Promise.resolve(host === 'toy'),
  };
}
