import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { graphFileSchema } from '../../../src/contract/graph-file.ts';
import { decodeImageFile } from '../../../src/main/services/images/codec.ts';
import { pixelHash } from '../../../src/main/services/images/rgb-image.ts';
import { RedisServer } from './redis-server.ts';

const eventSchema = z.object({ type: z.string(), row: z.number().optional(), output: z.string().optional(), seconds: z.number().optional(), late: z.boolean().optional(), reason: z.string().optional() });

/** What a worker told, and when. */
export interface Told {
  readonly at: number;
  readonly worker: number;
  readonly event: z.infer<typeof eventSchema>;
}

/** A worker that was killed, and the row that it had begun and not finished. */
export interface Kill {
  readonly at: number;
  readonly worker: number;
  readonly row: number | undefined;
  /** Work that was lost: from the row's start to the kill. */
  readonly lostSeconds: number;
}

export interface FleetSceneOptions {
  /** Repository root, with a built dist/. */
  readonly root: string;
  /** An empty folder for everything. */
  readonly folder: string;
  readonly log: (line: string) => void;
  /** Seconds that a silent worker keeps its row. */
  readonly leaseSeconds: number;
  readonly threads?: number;
}

/** Numbers in 0..1 from a seed: equal seeds, equal kills. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A fleet on one machine: a real Redis, a shared folder, and workers and clients that are processes of their own. */
export class FleetScene {
  readonly told: Told[] = [];
  readonly kills: Kill[] = [];
  private readonly workers = new Map<number, ChildProcess>();
  private readonly clients = new Set<ChildProcess>();

  private constructor(readonly redis: RedisServer, private readonly options: FleetSceneOptions) {}

  static async open(options: FleetSceneOptions): Promise<FleetScene> {
    for (const name of ['store', 'redis']) mkdirSync(join(options.folder, name), { recursive: true });
    // Settings of its own, so that the person's don't count.
    await writeFile(join(options.folder, 'settings.json'), JSON.stringify(options.threads === undefined ? {} : { threads: options.threads }));
    return new FleetScene(await RedisServer.start({ folder: join(options.folder, 'redis') }), options);
  }

  get store(): string {
    return join(this.options.folder, 'store');
  }

  /** Writes a batch of pocket rows: prompts times seeds. @returns its path. */
  async writeBatch(prompts: readonly string[], seeds: number, steps: number): Promise<string> {
    const { root, folder } = this.options;
    const graph = graphFileSchema.parse(JSON.parse(await readFile(join(root, 'graphs', 'render.graph.json'), 'utf8')));
    await writeFile(join(folder, 'render.graph.json'), JSON.stringify(graph));
    const batch = {
      format: 'engram-batch', version: 1, name: 'fleet', graph: 'render.graph.json', width: 1, set: { 'sample.steps': steps },
      groups: [{ prompt: { set: 'prompts.prompts', values: prompts } }, { seed: { set: 'latent.seeds', values: { seeds, from: 1 } } }],
      output: { name: '{prompt:slug}/{seed}' }, gallery: false,
    };
    const path = join(folder, 'fleet.batch.json');
    await writeFile(path, JSON.stringify(batch));
    return path;
  }

  /** Runs the command line as a process. @returns its exit code and what it printed on stdout. */
  run(args: readonly string[], cache: string): Promise<{ code: number | null; out: string; err: string }> {
    const child = this.spawn(args, cache);
    this.clients.add(child);
    let [out, err] = ['', ''];
    child.stdout?.setEncoding('utf8').on('data', (text: string) => { out += text; });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => { err += text; });
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => {
        this.clients.delete(child);
        resolve({ code, out, err });
      });
    });
  }

  /** Runs a batch on this fleet, to its end. */
  runBatch(file: string, out: string, more: readonly string[] = []): Promise<{ code: number | null; out: string; err: string }> {
    return this.run(['batch', file, '--out', out, '--queue', this.redis.url, '--store', this.store, '--json', ...more], 'cache-client');
  }

  startWorker(worker: number, more: readonly string[] = []): void {
    const child = this.spawn(['worker', '--queue', this.redis.url, '--store', this.store, '--device', 'cpu', '--name', `worker-${worker}`, '--lease', String(this.options.leaseSeconds), '--json', ...more], `cache-${worker}`);
    this.workers.set(worker, child);
    let line = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (line + text).split('\n');
      line = lines.pop() ?? '';
      for (const each of lines.filter((whole) => whole !== '')) this.told.push({ at: performance.now(), worker, event: eventSchema.parse(JSON.parse(each)) });
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => { this.options.log(`worker ${worker}: ${text.trimEnd()}`); });
  }

  /** Kills a worker with SIGKILL; its engine process ends by itself. */
  async killWorker(worker: number): Promise<void> {
    const child = this.workers.get(worker);
    if (child === undefined) return;
    const gone = new Promise((resolve) => { child.once('exit', resolve); });
    child.kill('SIGKILL');
    const at = performance.now();
    this.workers.delete(worker);
    await gone;
    const last = this.told.filter((told) => told.worker === worker && told.event.type.startsWith('row-')).at(-1);
    const row = last?.event.type === 'row-start' ? last.event.row : undefined;
    this.kills.push({ at, worker, row, lostSeconds: row === undefined || last === undefined ? 0 : (at - last.at) / 1000 });
  }

  /** Asks a worker to end. @returns its exit code. */
  async stopWorker(worker: number): Promise<number | null> {
    const child = this.workers.get(worker);
    if (child === undefined) return null;
    const gone = new Promise<number | null>((resolve) => { child.once('exit', (code) => { resolve(code); }); });
    child.kill('SIGTERM');
    this.workers.delete(worker);
    return gone;
  }

  get workerNumbers(): number[] {
    return [...this.workers.keys()];
  }

  /** For each kill that hit a row: seconds until a worker began that row again. */
  restartSeconds(): number[] {
    return this.kills.flatMap(({ at, row }) => {
      const again = this.told.find((told) => told.at > at && told.event.type === 'row-start' && told.event.row === row);
      return row === undefined || again === undefined ? [] : [(again.at - at) / 1000];
    });
  }

  /** How often workers told that a row is done; one that is killed between the row's file and its word tells nothing. */
  get renderings(): number {
    return this.told.filter(({ event }) => event.type === 'row-done').length;
  }

  /** How often each row was told done. */
  renderingsByRow(): Map<number, number> {
    const counts = new Map<number, number>();
    for (const { event: { type, row } } of this.told) if (type === 'row-done' && row !== undefined) counts.set(row, (counts.get(row) ?? 0) + 1);
    return counts;
  }

  async close(): Promise<void> {
    for (const child of [...this.workers.values(), ...this.clients]) child.kill('SIGKILL');
    await this.redis.kill();
  }

  private spawn(args: readonly string[], cache: string): ChildProcess {
    const { root, folder } = this.options;
    const env = { ...process.env, CI: '1', ENGRAM_CACHE: join(folder, cache), ENGRAM_SETTINGS: join(folder, 'settings.json'), REDIS_PASSWORD: '' };
    return spawn(process.execPath, [join(root, 'dist', 'cli.mjs'), ...args], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  }
}

/** Hashes of the pixels of all pictures below a folder, by their relative names. */
export async function pixelsBelow(folder: string): Promise<Map<string, string>> {
  const pixels = new Map<string, string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.png')) continue;
    const path = join(entry.parentPath, entry.name);
    pixels.set(path.slice(folder.length + 1), pixelHash(await decodeImageFile(path)));
  }
  return pixels;
}
