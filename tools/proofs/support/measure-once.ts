import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeMachine } from '../framework/machine.ts';
import type { Figure, ProofContext } from '../framework/proof.ts';
import { measureProcess, measurementSchema, type MeasuredWork, type Measurement } from './measure-process.ts';

/** Ours, or torch's. */
export interface RepeatableWork extends MeasuredWork {
  /** Files that the result depends on: the program that is measured, the descriptions of its model, what it reads. Other contents are measured anew. */
  readonly sources: readonly string[];
  /** What else it depends on, such as versions of libraries; the command line, the memory it may take and this machine count without being named. */
  readonly settings?: Readonly<Record<string, Figure>>;
  /** A file that it leaves behind and others need: without it nothing that was measured before counts. */
  readonly leaves?: string;
}

/** A measurement, and whether it is one of an earlier run. */
export interface OnceMeasured extends Measurement {
  readonly resumed: boolean;
}

/** Where the result of this very work is kept. */
function placeOf({ root }: ProofContext, { name, command, args, mostAnonymous, sources, settings = {} }: RepeatableWork): string {
  const hash = createHash('sha256').update(JSON.stringify({ command, args, mostAnonymous: mostAnonymous ?? 'any', settings, machine: describeMachine(root) }));
  for (const path of sources) hash.update(`\0${path}\0`).update(readFileSync(path));
  return join(root, '.cache', 'full-size', 'results', `${name}-${hash.digest('hex').slice(0, 16)}.json`);
}

/**
 * A measurement that an earlier, broken-off run of the same work made counts with ENGRAM_FULL_SIZE_RESUME=1; else everything is measured afresh.
 * @throws what {@link measureProcess} throws; nothing is kept then.
 */
export async function measureOnce(context: ProofContext, work: RepeatableWork): Promise<OnceMeasured> {
  const kept = placeOf(context, work);
  const usable = process.env['ENGRAM_FULL_SIZE_RESUME'] === '1' && existsSync(kept) && (work.leaves === undefined || existsSync(work.leaves));
  if (usable) return { ...measurementSchema.parse(JSON.parse(await readFile(kept, 'utf8'))), resumed: true };
  const found = await measureProcess(context, work);
  await mkdir(join(kept, '..'), { recursive: true });
  await writeFile(kept, JSON.stringify(found));
  return { ...found, resumed: false };
}
