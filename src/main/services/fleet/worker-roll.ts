import type { Redis } from 'ioredis';
import { z } from 'zod';
import { DEVICE_IDS } from '../../../contract/devices.ts';
import { KEY_PREFIX } from './names.ts';

const ROLL = `${KEY_PREFIX}:workers`;

/** How often a worker says that it lives. */
export const HEARTBEAT_MS = 3000;
/** Without a word for this long a worker counts as lost. */
export const LOST_AFTER_MS = 4 * HEARTBEAT_MS;
/** A lost worker is shown for this long. */
const FORGOTTEN_AFTER_MS = 10 * 60 * 1000;

const stateSchema = z.object({
  id: z.string(),
  name: z.string(),
  device: z.enum(DEVICE_IDS),
  /** What results depend on: provider, ONNX Runtime version, threads. */
  deviceKey: z.string(),
  program: z.string(),
  memoryBytes: z.number(),
  startedAt: z.number(),
  state: z.enum(['idle', 'busy', 'stopping', 'waiting']),
  /** Why it waits: the store can't be reached, say. */
  because: z.string().optional(),
  batch: z.string().optional(),
  job: z.string().optional(),
  /** Since when it has this job. */
  since: z.number().optional(),
  progress: z.object({ done: z.number(), total: z.number(), step: z.number().optional(), steps: z.number().optional() }).optional(),
  rowsDone: z.int(),
  rowsFailed: z.int(),
  /** Of the last rows, measured; left out until there are two. */
  rowsPerHour: z.number().optional(),
  /** Batches that it can't serve, and why. */
  cannot: z.array(z.object({ batch: z.string(), reason: z.string() })),
});

/** What a worker tells of itself. */
export type WorkerState = z.infer<typeof stateSchema>;

const lineSchema = z.object({ seenAt: z.number(), state: stateSchema });

/** A worker as the fleet sees it. */
export interface SeenWorker extends WorkerState {
  readonly lost: boolean;
  readonly seenSecondsAgo: number;
}

/** Time by Redis's clock, in milliseconds: clocks of many machines differ. */
export async function redisTime(redis: Redis): Promise<number> {
  const [seconds, microseconds] = await redis.time();
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
}

/** Which workers there are: each writes its state every few seconds, with the time. One Redis hash, read as a whole by views. */
export class WorkerRoll {
  constructor(private readonly redis: Redis) {}

  async heartbeat(state: WorkerState): Promise<void> {
    await this.redis.hset(ROLL, state.id, JSON.stringify({ seenAt: await redisTime(this.redis), state }));
  }

  /** A worker that ends properly is gone at once. */
  async leave(id: string): Promise<void> {
    await this.redis.hdel(ROLL, id);
  }

  /** All workers, by name; those long lost are struck off. */
  async workers(): Promise<SeenWorker[]> {
    const [now, lines] = await Promise.all([redisTime(this.redis), this.redis.hgetall(ROLL)]);
    const workers: SeenWorker[] = [];
    const forgotten: string[] = [];
    for (const [id, text] of Object.entries(lines)) {
      const line = lineSchema.safeParse(parseJson(text)).data;
      const silence = now - (line?.seenAt ?? 0);
      if (silence > FORGOTTEN_AFTER_MS) forgotten.push(id);
      else if (line !== undefined) workers.push({ ...line.state, lost: silence > LOST_AFTER_MS, seenSecondsAgo: Math.max(0, Math.round(silence / 1000)) });
    }
    if (forgotten.length > 0) await this.redis.hdel(ROLL, ...forgotten);
    return workers.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
