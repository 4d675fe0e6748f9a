import { crc32 } from 'node:zlib';
import type { z } from 'zod';

/** A line that can't be relied on: what it was, and why. */
export interface JournalDamage {
  /** Line number in the file, from 1. */
  readonly line: number;
  readonly reason: string;
  /** The line as it was found. */
  readonly text: string;
}

/** What the text of a journal holds. */
export interface JournalContents<E> {
  readonly entries: readonly E[];
  /** Lines before the last good one that aren't good themselves. */
  readonly damage: readonly JournalDamage[];
  /** Bytes up to the end of the last good line. What follows is a write that a crash has cut short, and that nobody was told of. */
  readonly goodBytes: number;
  /** Bytes after that. */
  readonly tornBytes: number;
  /** Good lines so far. */
  readonly lines: number;
  /** Sequence number of the last good line; 0 for none. */
  readonly sequence: number;
}

const LINE = /^\{"seq":([1-9]\d{0,15}),"crc":"([0-9a-f]{8})","entry":(.*)\}$/s;
const NEWLINE = 0x0a;

function checksum(sequence: number, entry: string): string {
  return crc32(`${sequence}:${entry}`).toString(16).padStart(8, '0');
}

/** One line of a journal with its line break: sequence number, CRC-32 over number and entry, entry as JSON. */
export function journalLine(sequence: number, entry: unknown): string {
  const text = JSON.stringify(entry);
  return `{"seq":${sequence},"crc":"${checksum(sequence, text)}","entry":${text}}\n`;
}

type Line<E> = { readonly sequence: number; readonly entry: E } | { readonly reason: string };

function readLine<E>(text: string, schema: z.ZodType<E>): Line<E> {
  const match = LINE.exec(text);
  if (match === null) return { reason: 'is no journal line' };
  const [, number, crc, entry] = match as unknown as [string, string, string, string];
  const sequence = Number(number);
  if (checksum(sequence, entry) !== crc) return { reason: 'its checksum does not fit' };
  try {
    const parsed = schema.safeParse(JSON.parse(entry));
    return parsed.success ? { sequence, entry: parsed.data } : { reason: `its entry does not fit the schema: ${parsed.error.issues[0]?.message ?? ''}` };
  } catch {
    return { reason: 'its entry is not JSON' };
  }
}

/**
 * Reads the bytes of a journal. Nothing in it can make this throw.
 * A line is good when its checksum fits, its entry fits the schema, and its number follows the last good one's.
 */
export function parseJournal<E>(bytes: Uint8Array, schema: z.ZodType<E>): JournalContents<E> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: E[] = [];
  const damage: JournalDamage[] = [];
  let suspects: JournalDamage[] = [];
  let [goodBytes, sequence, line] = [0, 0, 0];
  for (let start = 0; start < buffer.length;) {
    const newline = buffer.indexOf(NEWLINE, start);
    if (newline === -1) break; // never finished
    const text = buffer.toString('utf8', start, newline);
    line += 1;
    start = newline + 1;
    const read = readLine(text, schema);
    if ('reason' in read) suspects.push({ line, text, reason: read.reason });
    else if (read.sequence <= sequence) suspects.push({ line, text, reason: `its number ${read.sequence} was there before` });
    else {
      const missing = read.sequence - sequence - 1 - suspects.length;
      if (missing > 0) suspects.push({ line, text: '', reason: `${missing} lines before it are missing` });
      damage.push(...suspects);
      suspects = [];
      entries.push(read.entry);
      ({ sequence } = read);
      goodBytes = start;
    }
  }
  return { entries, damage, goodBytes, tornBytes: buffer.length - goodBytes, lines: entries.length, sequence };
}
