import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProofContext } from '../framework/proof.ts';
import { measureProcess, measurementSchema, type MeasuredWork, type Measurement } from './measure-process.ts';

/** Ours, or torch's. */
export interface RepeatableWork extends MeasuredWork {
  /** Files of the program that is measured: another program is measured anew. */
  readonly sources: readonly string[];
  /** A file that it leaves behind and others need: without it nothing that was measured before counts. */
  readonly leaves?: string;
}

/**
 * A measurement that an earlier, broken-off run of the same program made counts with ENGRAM_FULL_SIZE_RESUME=1; else everything is measured afresh.
 * @throws what {@link measureProcess} throws; nothing is kept then.
 */
export async function measureOnce(context: ProofContext, work: RepeatableWork): Promise<Measurement> {
  const hash = createHash('sha256').update(work.args.join('\0'));
  for (const path of work.sources) hash.update(readFileSync(path));
  const kept = join(context.root, '.cache', 'full-size', 'results', `${work.name}-${hash.digest('hex').slice(0, 16)}.json`);
  const usable = process.env['ENGRAM_FULL_SIZE_RESUME'] === '1' && existsSync(kept) && (work.leaves === undefined || existsSync(work.leaves));
  if (usable) return measurementSchema.parse(JSON.parse(await readFile(kept, 'utf8')));
  const found = await measureProcess(context, work);
  await mkdir(join(kept, '..'), { recursive: true });
  await writeFile(kept, JSON.stringify(found));
  return found;
}
