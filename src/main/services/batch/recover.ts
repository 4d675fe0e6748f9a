import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { rowResultSchema, type RowOutput, type RowResult } from '../../../contract/batch-events.ts';
import type { PlannedRow } from '../../../contract/batch-plan.ts';
import { inputError } from '../../../contract/errors.ts';
import type { NodeRunner } from '../../runtime/node-runner.ts';
import { makeFolder, sweepLockedFolder, syncFolder } from '../atomic-write.ts';
import type { FileSystem } from '../file-system.ts';
import type { DurableQueue } from '../queue/durable-queue.ts';
import type { Processes } from '../queue/processes.ts';
import type { BatchFolder } from './batch-folder.ts';
import type { IdentifyOutput } from './identify-output.ts';
import { planRow, type BatchSurroundings } from './run-row.ts';

export interface RecoverOptions {
  readonly folder: BatchFolder;
  readonly rows: ReadonlyMap<string, PlannedRow>;
  readonly queue: DurableQueue;
  readonly surroundings: BatchSurroundings;
  /** For content keys, which need the device's. */
  readonly runner: NodeRunner;
  readonly identify: IdentifyOutput;
  readonly processes: Processes;
  readonly signal: AbortSignal;
}

type Check = 'good' | 'gone' | 'changed';

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function readIfThere(path: string, fileSystem: FileSystem): Promise<Uint8Array | undefined> {
  return fileSystem.readFile(path).catch(() => undefined);
}

async function checkOutput(path: string, output: RowOutput, fileSystem: FileSystem): Promise<Check> {
  const bytes = await readIfThere(path, fileSystem);
  if (bytes === undefined) return 'gone';
  return sha256(bytes) === output.sha256 ? 'good' : 'changed';
}

/** What a done row's journal line says; undefined for a line of another form. */
function resultOf(queue: DurableQueue, id: string): RowResult | undefined {
  const job = queue.get(id);
  return job?.state === 'done' ? rowResultSchema.safeParse(job.result).data : undefined;
}

/** Moves a file that somebody has changed out of the way, under a name that is free. */
async function setAside({ setAside: target }: BatchFolder, path: string, file: string, fileSystem: FileSystem): Promise<string> {
  await makeFolder(target, fileSystem);
  const taken = new Set(await fileSystem.readdir(target));
  const plain = file.replaceAll('/', '_');
  let name = plain;
  for (let number = 2; taken.has(name); number += 1) name = `${number}-${plain}`;
  await fileSystem.rename(path, join(target, name));
  await syncFolder(target, fileSystem);
  return join(target, name);
}

/**
 * Holds every output in the journal against what is on the disk. Rows whose outputs are gone or changed wait again; changed files are kept elsewhere.
 * @returns how many outputs are good, how many rows have lost theirs, and where changed files went.
 */
export async function verifyOutputs({ folder, rows, queue, surroundings: { fileSystem }, signal }: RecoverOptions): Promise<{ verified: number; lost: number; setAside: string[] }> {
  const found = { verified: 0, lost: 0, setAside: [] as string[] };
  const folders = new Set<string>();
  for (const id of rows.keys()) {
    if (queue.get(id)?.state !== 'done') continue;
    if (signal.aborted) break;
    const result = resultOf(queue, id);
    const checks = await Promise.all((result?.outputs ?? []).map(async (output) => ({ output, path: join(folder.outputs, output.file), check: await checkOutput(join(folder.outputs, output.file), output, fileSystem) })));
    const good = checks.filter(({ check }) => check === 'good');
    found.verified += good.length;
    for (const { path } of good) for (let above = dirname(path); above.length >= folder.outputs.length && !folders.has(above); above = dirname(above)) folders.add(above);
    if (result !== undefined && good.length === checks.length) continue;
    for (const { path, output, check } of checks) if (check === 'changed') found.setAside.push(await setAside(folder, path, output.file, fileSystem));
    found.lost += 1;
    await queue.retry(id);
  }
  // A process that was killed right after it made a folder may not have flushed it.
  for (const path of folders) await syncFolder(path, fileSystem);
  return found;
}

/** A file that bears the name of a row's output. */
interface Candidate { readonly file: string; readonly path: string }

/** Files by the row whose output name they begin with: `NAME.png`, `NAME-02-label.png`. One listing per folder, however many rows. */
async function findCandidates({ folder, rows, queue, surroundings: { fileSystem } }: RecoverOptions): Promise<Map<string, Candidate[]>> {
  const waiting = new Map([...rows.values()].filter(({ id }) => queue.get(id)?.state === 'waiting').map((row) => [row.output, row.id]));
  const candidates = new Map<string, Candidate[]>();
  for (const parent of new Set([...waiting.keys()].map((output) => dirname(output)))) {
    const names = await fileSystem.readdir(join(folder.outputs, parent)).catch(() => []);
    for (const name of names.filter((each) => !each.startsWith('.'))) {
      const file = parent === '.' ? name : `${parent}/${name}`;
      const id = rowOfFile(file, waiting);
      if (id !== undefined) candidates.set(id, [...(candidates.get(id) ?? []), { file, path: join(folder.outputs, file) }]);
    }
  }
  return candidates;
}

/** The row with the longest output name that a file's name begins with, up to its ending or a dash. */
function rowOfFile(file: string, waiting: ReadonlyMap<string, string>): string | undefined {
  for (let end = file.length; end > 0; end = Math.max(file.lastIndexOf('.', end - 1), file.lastIndexOf('-', end - 1))) {
    const id = waiting.get(file.slice(0, end));
    if (id !== undefined && end < file.length) return id;
  }
  return undefined;
}

/**
 * Adopts outputs that are there without a line in the journal: those whose embedded content key and pixels are what the row would make.
 * @returns how many rows were adopted, and files in the place of outputs that are something else.
 */
export async function adoptOutputs(options: RecoverOptions): Promise<{ adopted: number; foreign: { id: string; file: string }[] }> {
  const { rows, queue, runner, surroundings, signal } = options;
  const found = { adopted: 0, foreign: [] as { id: string; file: string }[] };
  for (const [id, candidates] of await findCandidates(options)) {
    if (signal.aborted) break;
    const result = await adoptRow(rows.get(id) as PlannedRow, candidates, options, await planRow(rows.get(id) as PlannedRow, runner, surroundings).catch(() => undefined));
    if (result === undefined) {
      found.foreign.push(...candidates.map(({ file }) => ({ id, file })));
    } else {
      await queue.finish(id, 0, result);
      found.adopted += 1;
    }
  }
  return found;
}

async function adoptRow(row: PlannedRow, candidates: readonly Candidate[], { identify, surroundings, folder }: RecoverOptions, keys: Awaited<ReturnType<typeof planRow>> | undefined): Promise<RowResult | undefined> {
  if (keys === undefined) return undefined;
  const outputs: RowOutput[] = [];
  const missing = new Map(keys.targets.map((id) => [id, { key: keys.nodes.get(id)?.key, count: 1, places: new Set<number>() }]));
  for (const { file, path } of candidates) {
    const bytes = await readIfThere(path, surroundings.fileSystem);
    const claim = bytes === undefined ? undefined : await identify(bytes, path);
    const target = claim === undefined ? undefined : missing.get(claim.node);
    if (bytes === undefined || claim === undefined || target === undefined || claim.key !== target.key) continue;
    target.count = claim.count;
    target.places.add(claim.index);
    outputs.push({ node: claim.node, kind: claim.kind, file, bytes: bytes.length, sha256: sha256(bytes), key: claim.key, pixels: claim.pixels });
    await syncFolder(dirname(path), surroundings.fileSystem);
  }
  if (outputs.length === 0 || [...missing.values()].some(({ count, places }) => places.size !== count)) return undefined;
  for (let above = dirname(join(folder.outputs, row.output)); above.length >= folder.outputs.length; above = dirname(above)) await syncFolder(above, surroundings.fileSystem);
  const device = [...keys.nodes.values()].find((node) => node.device !== null)?.device ?? null;
  return { outputs, device, how: 'adopted' };
}

/** @throws AppError `batch.would-overwrite` when a folder that was never this batch's holds files with the names of its outputs. */
export function refuseToOverwrite(folder: BatchFolder, foreign: readonly string[]): void {
  if (foreign.length === 0) return;
  throw inputError('batch.would-overwrite', folder.outputs, 'must hold no other files with the names of this batch\'s outputs', {
    path: folder.outputs, got: `${foreign.slice(0, 3).map((file) => basename(file)).join(', ')}${foreign.length > 3 ? ` and ${foreign.length - 3} more` : ''}`,
    hint: 'Name another folder with --out, or move these files away',
  });
}

/** Removes the temporary files that killed runs left in the output folders. The lock says that no other run writes there. @returns how many. */
export async function sweepOutputs({ folder, rows, processes, surroundings: { fileSystem } }: RecoverOptions): Promise<number> {
  const folders = new Set([folder.outputs, folder.state, ...[...rows.values()].map((row) => dirname(join(folder.outputs, row.output)))]);
  let swept = 0;
  for (const path of folders) swept += (await sweepLockedFolder(path, fileSystem, (pid) => processes.isPidRunning(pid))).length;
  return swept;
}
