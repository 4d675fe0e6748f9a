import { readdirSync, statSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { rowResultSchema } from '../../src/contract/batch-events.ts';
import { batchFolder } from '../../src/main/services/batch/batch-folder.ts';
import { decodeImageFile } from '../../src/main/services/images/codec.ts';
import { pixelHash } from '../../src/main/services/images/rgb-image.ts';
import { median } from '../../src/main/services/median.ts';
import { readJournal } from '../../src/main/services/queue/journal.ts';
import { queueEntrySchema, type QueueEntry } from '../../src/main/services/queue/queue-entries.ts';
import { defineProof, judge, type ProofContext } from './framework/proof.ts';
import { childrenOf, startBatch, writePocketBatch, type BatchProcess } from './support/batch-process.ts';
import { withUnfinished } from './support/unfinished.ts';

const KILLS = 100;
const ROWS_PER_ROUND = 120;
/** Images per run of the model; twice as many rows are under way. */
const WIDTH = 4;
/** Latest moment of a kill, from the start of the process: loading, planning and several groups of rows. */
const LATEST_MS = 12_000;
/** Lives that may end badly before the proof gives up. */
const BAD_ENDS = 5;
const SEED = 20_261_122;

const killSchema = z.object({
  round: z.number(), victim: z.string(),
  /** Rows under way when it was killed, and the seconds that had gone into them. */
  rowsLost: z.number(), secondsLost: z.number(),
  /** From the next start to the next row done; undefined when it was killed before. */
  restart: z.number().optional(),
});
const stateSchema = z.object({
  round: z.number(), kills: z.array(killSchema),
  /** Output files that were there, whole, at a kill: path to inode and time of change. */
  seen: z.record(z.string(), z.string()), rewritten: z.array(z.string()), problems: z.array(z.string()),
});
type State = z.infer<typeof stateSchema>;

/** Mulberry32: equal seeds, equal moments. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

function filesBelow(folder: string, prefix = ''): string[] {
  return readdirSync(join(folder, prefix), { withFileTypes: true }).flatMap((entry) => {
    const name = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(folder, name) : [name];
  });
}

/** What a person finds: no bookkeeping, no reports. */
function outputsIn(out: string): string[] {
  try {
    return filesBelow(out).filter((name) => !name.startsWith('.engram-batch/') && !name.startsWith('manifest.'));
  } catch {
    return []; // killed before it was made
  }
}

async function entriesOf(out: string): Promise<readonly QueueEntry[]> {
  return (await readJournal({ path: batchFolder(out).journal, schema: queueEntrySchema })).entries;
}

/** Rows that were under way, and the seconds that had gone into them. */
function lostWork(entries: readonly QueueEntry[], killedAt: number): { rowsLost: number; secondsLost: number } {
  const running = new Map<string, number>();
  for (const entry of entries) {
    if (entry.type === 'start') running.set(entry.id, entry.at);
    else if ('id' in entry) running.delete(entry.id);
  }
  const starts = [...running.values()];
  return { rowsLost: starts.length, secondsLost: starts.length === 0 ? 0 : Math.max(...starts.map((at) => (killedAt - at) / 1000)) };
}

function killAt(batch: BatchProcess, draw: number): string {
  const engine = childrenOf(batch.pid)[0];
  if (draw < 0.2 && engine !== undefined) {
    process.kill(engine, 'SIGKILL');
    return 'engine';
  }
  process.kill(draw < 0.6 ? batch.pid : -batch.pid, 'SIGKILL');
  return draw < 0.6 ? 'main' : 'both';
}

/** One life of the batch's process: killed at a random moment, unless it has ended before. @returns whether it came to its end. */
async function live(context: ProofContext, state: State, folder: string, random: () => number): Promise<boolean> {
  const file = await writePocketBatch(context, folder, `round-${state.round}`, { rows: ROWS_PER_ROUND, firstSeed: 1000 * state.round, steps: 6, width: WIDTH });
  const out = join(folder, `out-${state.round}`);
  const before = (await entriesOf(out)).filter(({ type }) => type === 'done').length;
  const startedAt = Date.now();
  const batch = startBatch(context, file, out, join(folder, 'cache'));
  for (let moment = 250 + random() * LATEST_MS; ; moment = random() * LATEST_MS) {
    const ended = await Promise.race([batch.ended, sleep(moment)]);
    if (ended !== undefined) {
      if (ended.code !== 0) state.problems.push(`round ${state.round} ended with ${ended.signal ?? String(ended.code)}: ${batch.told().slice(-400)}`);
      return true;
    }
    if (state.kills.length >= KILLS) continue; // the last one goes on to its end
    const victim = killAt(batch, random());
    const killedAt = Date.now();
    if (victim !== 'engine') await batch.ended;
    const entries = await entriesOf(out);
    const next = entries.filter((entry) => entry.type === 'done')[before];
    state.kills.push({ round: state.round, victim, ...lostWork(entries, killedAt), ...(next?.type === 'done' ? { restart: (next.at - startedAt) / 1000 } : {}) });
    remember(state, out);
    if (victim !== 'engine') return false;
  }
}

/** Notes the outputs that are there; one that was there before and is another file now has been made twice. */
function remember(state: State, out: string): void {
  for (const name of outputsIn(out).filter((each) => !each.includes('engram-tmp'))) {
    const { ino, mtimeMs } = statSync(join(out, name));
    const [key, value] = [`${state.round}/${name}`, `${ino} ${mtimeMs}`];
    if (state.seen[key] !== undefined && state.seen[key] !== value) state.rewritten.push(key);
    state.seen[key] = value;
  }
}

/** The rounds that are over, beside the same batches run without a break. */
async function compare(context: ProofContext, state: State, folder: string): Promise<{ rows: number; images: number; different: number; missing: number; foreign: number; doubleDone: number; rendered: number; adopted: number }> {
  const found = { rows: 0, images: 0, different: 0, missing: 0, foreign: 0, doubleDone: 0, rendered: 0, adopted: 0 };
  for (let round = 0; round <= state.round; round += 1) {
    const [out, reference] = [join(folder, `out-${round}`), join(folder, `reference-${round}`)];
    const file = join(folder, `round-${round}.batch.json`);
    context.log(`reference run of round ${round}`);
    const { code } = await startBatch(context, file, reference, join(folder, 'reference-cache')).ended;
    if (code !== 0) throw new Error(`the unbroken run of round ${round} ended with ${String(code)}`);
    const [got, wanted] = [new Set(outputsIn(out)), outputsIn(reference)];
    for (const name of wanted) {
      if (!got.delete(name)) { found.missing += 1; continue; }
      const [a, b] = [await decodeImageFile(join(out, name)), await decodeImageFile(join(reference, name))]; // a file that is half-written doesn't decode
      found.images += 1;
      if (pixelHash(a) !== pixelHash(b)) found.different += 1;
    }
    found.foreign += got.size;
    const done = (await entriesOf(out)).flatMap((entry) => (entry.type === 'done' ? [{ id: entry.id, how: rowResultSchema.parse(entry.result).how }] : []));
    found.rows += new Set(done.map(({ id }) => id)).size;
    found.doubleDone += done.length - new Set(done.map(({ id }) => id)).size;
    found.rendered += done.filter(({ how }) => how !== 'adopted').length;
    found.adopted += done.filter(({ how }) => how === 'adopted').length;
  }
  return found;
}

export const batchKills = defineProof({
  name: 'batch-kills',
  expectedSeconds: 1500,
  summary: 'A batch of pocket rows that is ended by kill -9 a hundred times at random moments makes the pixels of an unbroken run: none lost, none made twice, none half-written.',
  run: (context) => withUnfinished(context, 'batch-kills', async (folder) => {
    const path = join(folder, 'state.json');
    const stored = await readFile(path, 'utf8').then((text) => stateSchema.safeParse(JSON.parse(text)).data, () => undefined);
    const state: State = stored ?? { round: 0, kills: [], seen: {}, rewritten: [], problems: [] };
    for (let over = false; !over;) {
      // Drawn from the count of kills, so that a proof that goes on draws on.
      const ended = await live(context, state, folder, randomNumbers(SEED + state.kills.length * 7919 + state.problems.length));
      const out = join(folder, `out-${state.round}`);
      remember(state, out);
      const whole = ended && new Set((await entriesOf(out)).flatMap((entry) => (entry.type === 'done' ? [entry.id] : []))).size >= ROWS_PER_ROUND;
      over = (whole && state.kills.length >= KILLS) || state.problems.length >= BAD_ENDS;
      if (whole && !over) state.round += 1;
      await writeFile(path, JSON.stringify(state));
      if (state.kills.length % 10 === 0) context.log(`${state.kills.length}/${KILLS} kills, round ${state.round}`);
    }
    const found = await compare(context, state, folder);
    await rm(join(context.workFolder, 'kills.json'), { force: true });
    await mkdir(context.workFolder, { recursive: true });
    await writeFile(join(context.workFolder, 'kills.json'), JSON.stringify(state.kills));
    const of = (victim: string): number => state.kills.filter((kill) => kill.victim === victim).length;
    const restarts = state.kills.flatMap(({ restart }) => restart ?? []);
    const figures = {
      kills: state.kills.length, killsOfMain: of('main'), killsOfEngine: of('engine'), killsOfBoth: of('both'), ...found, madeTwice: state.rewritten.length, firstMadeTwice: state.rewritten.slice(0, 3),
      badEnds: state.problems.length, problems: state.problems.slice(0, 3),
      medianSecondsLost: median(state.kills.map(({ secondsLost }) => secondsLost)), mostSecondsLost: Math.max(...state.kills.map(({ secondsLost }) => secondsLost)), mostRowsLost: Math.max(...state.kills.map(({ rowsLost }) => rowsLost)),
      medianRestartSeconds: median(restarts), mostRestartSeconds: restarts.length === 0 ? null : Math.max(...restarts),
    };
    return judge(figures, {
      kills: { atLeast: KILLS }, badEnds: { equals: 0 }, missing: { equals: 0 }, different: { equals: 0 }, foreign: { equals: 0 }, doubleDone: { equals: 0 }, madeTwice: { equals: 0 }, mostRowsLost: { atMost: 2 * WIDTH },
    });
  }),
});
