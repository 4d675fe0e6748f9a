import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectRedis, readRedisAddress, submitToFleet, FleetWorker } from '../../src/main/services/fleet/index.ts';
import { defineProof, judge } from './framework/proof.ts';
import { fakePlan, instantRenderer, memoryStore } from './support/fake-fleet.ts';
import { RedisServer, whyNoRedis } from './support/redis-server.ts';

const WORKERS = 200;
const ROWS = 100_000;
/** What is extrapolated to. */
const MORE_WORKERS = 1000;
const MORE_ROWS = 1_000_000;
const IDLE_SECONDS = 10;

type Client = Awaited<ReturnType<typeof connectRedis>>;

/** What Redis has counted so far. */
async function counters(client: Client): Promise<{ memory: number; commands: number; scripts: number; cpuSeconds: number; bytes: number; clients: number; aof: number }> {
  const info = `${await client.info('everything')}`;
  const field = (name: string): number => Number(new RegExp(`^${name}:(?:calls=)?([\\d.]+)`, 'm').exec(info)?.[1] ?? 0);
  return {
    memory: field('used_memory'), commands: field('total_commands_processed'), scripts: field('cmdstat_evalsha'), cpuSeconds: field('used_cpu_user') + field('used_cpu_sys'),
    bytes: field('total_net_input_bytes') + field('total_net_output_bytes'), clients: field('connected_clients'), aof: field('aof_current_size'),
  };
}

function rounded(value: number, digits = 2): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

/** What it comes to with more of everything: memory grows with rows, processor time with rows per second, and both are straight lines here. */
function extrapolate(baseMemory: number, bytesPerRow: number, redisMicrosecondsPerRow: number, idleMicrosecondsPerWorkerSecond: number): Record<string, number> {
  const idleShare = (MORE_WORKERS * idleMicrosecondsPerWorkerSecond) / 1e6;
  const mostRowsPerSecond = (1e6 * Math.max(0, 1 - idleShare)) / redisMicrosecondsPerRow;
  return {
    millionRowsMegabytes: rounded((baseMemory + MORE_ROWS * bytesPerRow) / 2 ** 20, 0),
    thousandWorkersIdleShareOfRedis: rounded(idleShare, 4),
    mostRowsPerSecondOfOneRedis: rounded(mostRowsPerSecond, 0),
    /** Rows that are shorter than this on 1,000 workers keep Redis busier than it can be. */
    shortestRowSecondsForThousandWorkers: rounded(MORE_WORKERS / mostRowsPerSecond, 3),
  };
}

type Counters = Awaited<ReturnType<typeof counters>>;

/** What was counted, at the moments that matter. */
interface Moments {
  readonly empty: Counters;
  readonly full: Counters;
  readonly joined: Counters;
  readonly drained: Counters;
  readonly idleFrom: Counters;
  readonly idleTo: Counters;
}

/** Figures of Redis: per row, and per idle worker and second. */
function redisFigures({ empty, full, joined, drained, idleFrom, idleTo }: Moments): Record<string, number | Record<string, number>> {
  const perRow = (from: number, to: number): number => (to - from) / ROWS;
  const bytesPerRow = perRow(empty.memory, full.memory);
  const redisMicroseconds = perRow(joined.cpuSeconds, drained.cpuSeconds) * 1e6;
  const idleMicroseconds = ((idleTo.cpuSeconds - idleFrom.cpuSeconds) * 1e6) / WORKERS / IDLE_SECONDS;
  return {
    redisBytesPerWaitingRow: rounded(bytesPerRow, 0), redisMegabytesFull: rounded(full.memory / 2 ** 20), redisMegabytesDrained: rounded(drained.memory / 2 ** 20), appendOnlyMegabytes: rounded(drained.aof / 2 ** 20, 0),
    addRedisMicrosecondsPerRow: rounded(perRow(empty.cpuSeconds, full.cpuSeconds) * 1e6, 1), redisMicrosecondsPerRow: rounded(redisMicroseconds, 1),
    scriptsPerRow: rounded(perRow(joined.scripts, drained.scripts)), commandsPerRow: rounded(perRow(joined.commands, drained.commands), 1), networkBytesPerRow: rounded(perRow(joined.bytes, drained.bytes), 0),
    connectionsPerWorker: rounded((idleTo.clients - 1) / WORKERS), idleCommandsPerWorkerSecond: rounded((idleTo.commands - idleFrom.commands) / WORKERS / IDLE_SECONDS), idleRedisMicrosecondsPerWorkerSecond: rounded(idleMicroseconds, 1),
    extrapolated: extrapolate(empty.memory, bytesPerRow, redisMicroseconds, idleMicroseconds),
  };
}

export const queueSimulation = defineProof({
  name: 'queue-simulation',
  expectedSeconds: 300,
  summary: 'The queue alone: 200 workers that render nothing take 100,000 rows from one real Redis; its memory, commands and processor time per row, extrapolated to 1,000 workers and 1,000,000 rows.',
  async run(context) {
    const missing = whyNoRedis();
    if (missing !== undefined) return { ok: false, figures: {}, goals: {}, reason: missing };
    const server = await RedisServer.start({ folder: join(context.workFolder, 'redis') });
    const address = await readRedisAddress({ address: server.url }, {});
    const clients: Client[] = [];
    const connect = async (): Promise<Client> => {
      const client = await connectRedis(address);
      clients.push(client);
      return client;
    };
    try {
      const [observer, store, plan] = [await connect(), memoryStore(), fakePlan(ROWS)];
      const empty = await counters(observer);
      const cpuBefore = process.cpuUsage();
      const addStarted = performance.now();
      await submitToFleet({ redis: observer, store, plan, program: 'simulation', catalogue: [], shareModels: false, filesOf: () => { throw new Error('nothing is read'); }, onAdded: (done, total) => { if (done % 20_000 === 0) context.log(`${done} of ${total} added`); } });
      const addSeconds = (performance.now() - addStarted) / 1000;
      const addCpu = process.cpuUsage(cpuBefore);
      const full = await counters(observer);

      let rendered = 0;
      const workers: FleetWorker[] = [];
      for (let index = 0; index < WORKERS; index += 1) {
        workers.push(new FleetWorker({
          redis: await connect(), store, renderer: instantRenderer, name: `simulated-${index}`, device: 'cpu', deviceKey: 'none', memoryBytes: 2 ** 33, program: 'simulation', leaseMs: 30_000, graceMs: 1000, once: false,
          onEvent: ({ type }) => { if (type === 'row-done' && (rendered += 1) % 10_000 === 0) context.log(`${rendered} done`); },
        }));
      }
      const joined = await counters(observer);
      const stop = new AbortController();
      setMaxListeners(0, stop.signal);
      const cpuRun = process.cpuUsage();
      const runStarted = performance.now();
      const running = Promise.all(workers.map((worker) => worker.run(stop.signal)));
      while (rendered < ROWS) await Promise.race([sleep(100), running]);
      const runSeconds = (performance.now() - runStarted) / 1000;
      const runCpu = process.cpuUsage(cpuRun);
      const drained = await counters(observer);

      await sleep(3000); // every worker has found that nothing is left
      const idleFrom = await counters(observer);
      await sleep(IDLE_SECONDS * 1000);
      const idleTo = await counters(observer);
      stop.abort();
      await running;

      const figures = {
        workers: WORKERS, rows: ROWS, records: [...store.files.keys()].filter((name) => name.startsWith('done/')).length, rendered,
        addRowsPerSecond: rounded(ROWS / addSeconds, 0), addClientMicrosecondsPerRow: rounded((addCpu.user + addCpu.system) / ROWS, 1),
        rowsPerSecond: rounded(ROWS / runSeconds, 0), workersMicrosecondsPerRow: rounded((runCpu.user + runCpu.system) / ROWS, 1),
        ...redisFigures({ empty, full, joined, drained, idleFrom, idleTo }),
      };
      return judge(figures, { records: { equals: ROWS }, rendered: { equals: ROWS }, redisBytesPerWaitingRow: { atMost: 1500 }, connectionsPerWorker: { atMost: 2.1 } });
    } finally {
      for (const client of clients) client.disconnect();
      await server.kill();
    }
  },
});
