import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../../src/main/services/median.ts';
import { defineProof, judge } from './framework/proof.ts';
import { FleetScene, pixelsBelow, seededRandom } from './support/fleet-scene.ts';
import { whyNoRedis } from './support/redis-server.ts';

const PROMPTS = ['a portrait of a fox in a red coat', 'a silver robot with a blue hat', 'a green dragon on a hill'];
const SEEDS = 100;
const STEPS = 3;
const WORKERS = 3;
const LEASE_SECONDS = 3;
/** Seeds the moments of the kills. */
const KILL_SEED = 20_261_122;

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Kills a worker every few seconds and starts it again, and Redis once, until the batch is over. */
async function disturb(scene: FleetScene, over: { readonly now: boolean }, log: (line: string) => void): Promise<{ redisRestarts: number }> {
  const random = seededRandom(KILL_SEED);
  let redisRestarts = 0;
  let finished = 0;
  while (!over.now) {
    await sleep(2000 + 4000 * random());
    // On a machine so busy that a worker takes longer to start than it is left alive, nothing would ever be rendered: a row must have been finished since the last kill.
    while (!over.now && scene.renderings === finished) await sleep(100);
    if (over.now) break;
    finished = scene.renderings;
    if (redisRestarts === 0 && scene.renderings > (PROMPTS.length * SEEDS) / 3) {
      await scene.redis.kill();
      await sleep(1500);
      await scene.redis.restart();
      redisRestarts += 1;
      log(`Redis was killed and started again after ${scene.renderings} renderings`);
      continue;
    }
    const victim = Math.floor(random() * WORKERS);
    await scene.killWorker(victim);
    await sleep(500 + 1500 * random());
    scene.startWorker(victim);
    log(`${scene.kills.length} kills, ${scene.renderings} renderings`);
  }
  return { redisRestarts };
}

export const fleetKills = defineProof({
  name: 'fleet-kills',
  expectedSeconds: 420,
  summary: '300 pocket rows on a fleet of three workers that are killed every few seconds, with Redis killed once: every file is there, with the pixels of one machine.',
  async run(context) {
    const missing = whyNoRedis();
    if (missing !== undefined) return { ok: false, figures: {}, goals: {}, reason: missing };
    const scene = await FleetScene.open({ root: context.root, folder: join(context.workFolder, 'scene'), log: () => undefined, leaseSeconds: LEASE_SECONDS });
    try {
      const file = await scene.writeBatch(PROMPTS, SEEDS, STEPS);
      const [alone, fleet] = [join(context.workFolder, 'alone'), join(context.workFolder, 'fleet')];
      context.log('One machine, for comparison …');
      const startedAlone = performance.now();
      const single = await scene.run(['batch', file, '--out', alone, '--device', 'cpu', '--json'], 'cache-alone');
      const secondsAlone = (performance.now() - startedAlone) / 1000;
      if (single.code !== 0) throw new Error(`the batch on one machine ended with ${String(single.code)}: ${single.err.slice(-1000)}`);

      for (let worker = 0; worker < WORKERS; worker += 1) scene.startWorker(worker);
      const over = { now: false };
      const startedFleet = performance.now();
      const disturbing = disturb(scene, over, (line) => context.log(line));
      const together = await scene.runBatch(file, fleet).finally(() => { over.now = true; });
      const secondsFleet = (performance.now() - startedFleet) / 1000;
      const { redisRestarts } = await disturbing;

      const [expected, got, stored] = await Promise.all([pixelsBelow(alone), pixelsBelow(fleet), pixelsBelow(join(scene.store, 'outputs'))]);
      const restarts = scene.restartSeconds();
      const toldDone = [...scene.renderingsByRow().values()];
      const lost = scene.kills.map(({ lostSeconds }) => lostSeconds);
      const figures = {
        exitCode: together.code ?? -1, rows: PROMPTS.length * SEEDS, files: got.size, filesInStore: stored.size,
        equalPixels: [...expected].filter(([name, pixels]) => got.get(name) === pixels).length,
        workers: WORKERS, leaseSeconds: LEASE_SECONDS, kills: scene.kills.length, killsThatHitARow: scene.kills.filter(({ row }) => row !== undefined).length, redisRestarts,
        renderingsTold: scene.renderings, rowsToldDoneTwice: toldDone.filter((times) => times > 1).length, rowsDoneWhoseWorkerWasKilledBeforeItsWord: PROMPTS.length * SEEDS - toldDone.length,
        restartSecondsMedian: rounded(median(restarts)), restartSecondsMax: rounded(Math.max(0, ...restarts)),
        lostSecondsPerKillMedian: rounded(median(lost)), lostSecondsMax: rounded(Math.max(0, ...lost)), lostSecondsInAll: rounded(lost.reduce((sum, value) => sum + value, 0)),
        secondsAlone: rounded(secondsAlone), secondsFleet: rounded(secondsFleet),
      };
      const rows = PROMPTS.length * SEEDS;
      return judge(figures, {
        exitCode: { equals: 0 }, files: { equals: rows }, filesInStore: { equals: rows }, equalPixels: { equals: rows }, kills: { atLeast: 10 }, redisRestarts: { equals: 1 },
        // A lost worker's row is looked for twice per lease.
        restartSecondsMax: { atMost: 2 * LEASE_SECONDS + 10 },
      });
    } finally {
      await scene.close();
    }
  },
});
