import { z } from 'zod';
import { rowOutputSchema } from '../../../contract/batch-events.ts';
import type { PlannedRow } from '../../../contract/batch-plan.ts';
import { doneName } from './names.ts';
import type { Store } from './store.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);

const storedOutputSchema = rowOutputSchema.extend({
  /** Name in the store. */
  stored: z.string().min(1),
});

const recordSchema = z.object({
  format: z.literal('engram-done'),
  version: z.literal(1),
  /** The row's key. */
  row: hash,
  /** The row's output name when it was made; the same row may have another name in another batch. */
  output: z.string(),
  how: z.enum(['rendered', 'cached', 'adopted']),
  outputs: z.array(storedOutputSchema),
  /** Device key; null where nothing was computed on a device. */
  device: z.string().nullable(),
  worker: z.string(),
  program: z.string(),
  /** From the row's start to its outputs being in the store. */
  seconds: z.number().min(0),
  finishedAt: z.string(),
});

/** Says that a row is finished, and what it made. Written once, after the outputs: it is the truth about what is done, whatever the queue says. */
export type DoneRecord = z.infer<typeof recordSchema>;
export type StoredOutput = z.infer<typeof storedOutputSchema>;

/** The record of a finished row, or undefined. A record that isn't whole or doesn't fit counts as none. */
export async function readDone(store: Store, rowId: string): Promise<DoneRecord | undefined> {
  const bytes = await store.get(doneName(rowId));
  if (bytes === undefined) return undefined;
  try {
    const record = recordSchema.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    return record.success && record.data.row === rowId ? record.data : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Records a finished row, if nobody has done so before.
 * @returns whether this record is the one that counts.
 */
export async function writeDone(store: Store, record: DoneRecord): Promise<boolean> {
  const bytes = Buffer.from(JSON.stringify(record));
  if (await store.create(doneName(record.row), bytes)) return true;
  if ((await readDone(store, record.row)) !== undefined) return false;
  // What lies there is no record of this version (a damaged disk, an older program): it would keep the row from ever being done.
  await store.put(doneName(record.row), bytes);
  return true;
}

/** Forgets that a row is finished, so that it is rendered again. */
export async function forgetDone(store: Store, rowId: string): Promise<void> {
  await store.delete(doneName(rowId));
}

/** Keys of all rows that have a record. One listing, however many rows are asked about. */
export async function listDone(store: Store): Promise<Set<string>> {
  const done = new Set<string>();
  for await (const name of store.list('done')) {
    const id = /^done\/[0-9a-f]{2}\/([0-9a-f]{64})\.json$/.exec(name)?.[1];
    if (id !== undefined) done.add(id);
  }
  return done;
}

/** What an output of a finished row is called in a batch whose row of the same key may have another output name. */
export function outputFile(record: DoneRecord, output: StoredOutput, row: PlannedRow): string {
  return output.file.startsWith(record.output) ? row.output + output.file.slice(record.output.length) : output.file;
}
