import { readFile, stat } from 'node:fs/promises';
import { AppError, inputError, runError } from '../../../contract/errors.ts';

/** Largest text file that a batch reads, batch files included. */
export const MAX_TEXT_BYTES = 64 * 1024 * 1024;

const BYTE_ORDER_MARK = '\uFEFF';

function decode(bytes: Uint8Array, where: string, path: string): string {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    throw inputError('batch.encoding', where, 'text files must be UTF-8', { got: 'UTF-16', path, hint: 'Save the file as UTF-8' });
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  } catch {
    throw inputError('batch.encoding', where, 'text files must be UTF-8', { path, hint: 'Save the file as UTF-8' });
  }
}

/**
 * The text of a UTF-8 file, without a byte order mark.
 * @param path Absolute.
 * @param where For messages.
 * @throws AppError `batch.not-a-file`, `batch.text-size`, `batch.encoding`, `batch.binary`, `files.read`.
 */
export async function readTextFile(path: string, where: string, limit = MAX_TEXT_BYTES): Promise<string> {
  try {
    const info = await stat(path);
    if (!info.isFile()) throw inputError('batch.not-a-file', where, 'must name a file', { got: path, path });
    if (info.size > limit) throw inputError('batch.text-size', where, `text files must have at most ${limit} bytes`, { got: `${info.size} in ${path}`, path, hint: 'Split the file' });
    const text = decode(await readFile(path), where, path);
    if (text.includes('\0')) throw inputError('batch.binary', where, 'text files must hold no NUL characters', { got: path, path, hint: 'Is this a text file?' });
    return text;
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw runError('files.read', where, 'file must be readable', { got: (error as Error).message, path });
  }
}

/** A line of a text file with its number, from 1. */
export interface Line {
  readonly number: number;
  readonly text: string;
}

/** The lines that aren't blank. Ends are LF or CRLF; white space inside and around stays. */
export function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  let number = 0;
  for (let start = 0; start <= text.length;) {
    const found = text.indexOf('\n', start);
    const end = found < 0 ? text.length : found;
    number += 1;
    const line = text.slice(start, end > start && text[end - 1] === '\r' ? end - 1 : end);
    if (line.trim() !== '') lines.push({ number, text: line });
    start = end + 1;
  }
  return lines;
}
