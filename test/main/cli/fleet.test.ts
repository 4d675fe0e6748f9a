import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FleetView } from '../../../src/contract/fleet.ts';
import { FleetScene, pixelsBelow } from '../../../tools/proofs/support/fleet-scene.ts';
import { ROOT } from '../../../tools/lib/paths.mjs';
import { eventually } from '../../support/fleet.ts';
import { noRedis, redisTitle } from '../../support/redis.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const ROWS = 12;

/** Half a minute is enough on two cores of their own; a machine that does other things as well may take many times that. */
const PATIENCE_MS = 240_000;

describe.skipIf(noRedis !== undefined)(redisTitle('engram worker, engram batch --queue, engram fleet'), () => {
  it('render twelve rows as one machine does, though a worker and Redis are killed', async () => {
    const folder = await temporaryFolder();
    const scene = await FleetScene.open({ root: ROOT, folder, log: () => undefined, leaseSeconds: 2, threads: 1 });
    try {
      const file = await scene.writeBatch(['a red fox', 'a blue robot'], ROWS / 2, 2);
      scene.startWorker(0);
      scene.startWorker(1);
      const fleet = scene.runBatch(file, join(folder, 'fleet'));
      await eventually(() => scene.told.some(({ worker, event }) => worker === 0 && event.type === 'row-start') && scene.renderings >= 2, PATIENCE_MS);
      await scene.killWorker(0);
      await eventually(() => scene.renderings >= 4, PATIENCE_MS);
      await scene.redis.kill();
      await scene.redis.restart();
      scene.startWorker(0);
      const { code, out, err } = await fleet;
      expect(code, err).toBe(0);
      expect(JSON.parse(out)).toMatchObject({ status: 'done', counts: { total: ROWS, done: ROWS, failed: 0 } });

      const alone = await scene.run(['batch', file, '--out', join(folder, 'alone'), '--device', 'cpu', '--json'], 'cache-alone');
      expect(alone.code, alone.err).toBe(0);
      const [expected, got, stored] = [await pixelsBelow(join(folder, 'alone')), await pixelsBelow(join(folder, 'fleet')), await pixelsBelow(join(scene.store, 'outputs'))];
      expect(expected.size).toBe(ROWS);
      expect(got).toEqual(expected);
      expect(stored.size).toBe(ROWS);
      expect((await readFile(join(folder, 'fleet', 'manifest.jsonl'), 'utf8')).trim().split('\n')).toHaveLength(ROWS);

      // The table of the identity isn't in this batch, the model is, and it is found below the program's own models: nothing of it goes through the store.
      const contents = await Promise.all((await readdir(join(scene.store, 'contents'), { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => readFile(join(entry.parentPath, entry.name))));
      expect(contents.reduce((sum, bytes) => sum + bytes.length, 0)).toBeLessThan(100_000);

      const view = JSON.parse((await scene.run(['fleet', '--queue', scene.redis.url, '--json'], 'cache-client')).out) as FleetView;
      // The killed worker-0 may stand beside the one that took its place until its last word is older than a lease.
      expect(new Set(view.workers.filter(({ state }) => state !== 'lost').map(({ name, device }) => `${name} on ${device}`))).toEqual(new Set(['worker-0 on cpu', 'worker-1 on cpu']));
      expect(view.batches).toMatchObject([{ name: 'fleet', rows: ROWS, done: ROWS, depth: [{ need: 'any', waiting: 0, active: 0, setAside: 0 }] }]);
      expect(await scene.stopWorker(1)).toBe(0);
      // The same command again finds all done and asks nobody.
      const started = scene.told.length;
      expect((await scene.runBatch(file, join(folder, 'fleet'))).code).toBe(0);
      expect(scene.told.length).toBe(started);
    } finally {
      await scene.close();
    }
  }, 3 * PATIENCE_MS);

  it('refuse an unsafe Redis when asked to, name what is missing, and show no password', async () => {
    const folder = await temporaryFolder();
    const scene = await FleetScene.open({ root: ROOT, folder, log: () => undefined, leaseSeconds: 2 });
    try {
      const run = (...args: string[]) => scene.run(args, 'cache');
      expect(await run('worker', '--store', scene.store)).toMatchObject({ code: 2, err: expect.stringMatching(/cli\.queue/) as unknown });
      expect(await run('batch', await scene.writeBatch(['a'], 1, 2), '--queue', scene.redis.url)).toMatchObject({ code: 2, err: expect.stringMatching(/cli\.store/) as unknown });
      const wrong = await run('fleet', '--queue', `redis://nobody:sesame-open@127.0.0.1:${scene.redis.port}`);
      expect([wrong.code, `${wrong.out}${wrong.err}`.includes('sesame-open')]).toEqual([2, false]);
      expect(await run('fleet', '--queue', scene.redis.url, '--pause', 'nothing')).toMatchObject({ code: 2, err: expect.stringMatching(/fleet\.no-batch/) as unknown });
      expect(await run('fleet', '--queue', scene.redis.url, '--strict')).toMatchObject({ code: 0, err: '' });
    } finally {
      await scene.close();
    }
  }, PATIENCE_MS);
});
