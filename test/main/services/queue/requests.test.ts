import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inputError } from '../../../../src/contract/errors.ts';
import { RequestSpool, type QueueRequest } from '../../../../src/main/services/queue/requests.ts';
import { faultOf } from '../../../support/fault.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

describe('requests to the process that works on a queue', () => {
  it('are answered, or refused with the reason, and leave nothing behind', async () => {
    const folder = join(await temporaryFolder(), 'requests');
    const spool = new RequestSpool(folder);
    await spool.open();
    const got: QueueRequest[] = [];
    const serve = setInterval(() => void spool.serve((request) => {
      got.push(request);
      return request.type === 'cancel' ? Promise.reject(inputError('queue.unknown', 'Job "x"', 'must be in the queue')) : Promise.resolve('done so');
    }), 20);
    expect(await spool.ask({ type: 'pause' })).toBe('done so');
    expect(await faultOf(() => spool.ask({ type: 'cancel', id: 'x' }))).toMatchObject({ code: 'queue.unknown', where: 'Job "x"' });
    clearInterval(serve);
    expect(got).toEqual([{ type: 'pause' }, { type: 'cancel', id: 'x' }]);
    expect(await readdir(folder)).toEqual([]);
  });

  it('are withdrawn when nobody answers', async () => {
    const folder = await temporaryFolder();
    const spool = new RequestSpool(folder);
    expect((await faultOf(() => spool.ask({ type: 'resume' }, 150))).code).toBe('queue.no-answer');
    expect(await readdir(folder)).toEqual([]);
  });

  it('are dropped when they are old, and refused when they are of no known kind', async () => {
    const folder = await temporaryFolder();
    await mkdir(folder, { recursive: true });
    const [old, foreign] = ['aaaa-000000000000.json', 'bbbb-000000000000.json'];
    await writeFile(join(folder, old), '{"type":"pause"}');
    await utimes(join(folder, old), new Date(0), new Date(0));
    await writeFile(join(folder, foreign), '{"type":"format-disk"}');
    const spool = new RequestSpool(folder);
    await spool.open();
    expect(await spool.serve(() => Promise.resolve('never'))).toBe(1);
    expect(await readdir(folder)).toEqual(['bbbb-000000000000.answer']);
  });
});
