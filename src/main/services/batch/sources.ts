import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { BATCH_ROW_LIMIT, type BatchSource, type BatchValue } from '../../../contract/batch-file.ts';
import { drawSeeds } from '../../../contract/draws.ts';
import { inputError, runError } from '../../../contract/errors.ts';
import { printValue } from '../../../contract/params.ts';
import { IMAGE_FILE_KINDS } from '../file-kinds.ts';
import { resolveRead, type ReadScope } from '../path-scope.ts';
import { parseCsv, type CsvTable } from './csv.ts';
import { linesOf, readTextFile } from './text-files.ts';

/** One value of an axis. */
export interface AxisValue {
  /** For people and templates. */
  readonly label: string;
  readonly value: BatchValue;
  /** Absolute path, where the value came from a folder without a root's name: what a graph calls it depends on the graph's own folder. */
  readonly file?: string;
}

/** Reads the files that a batch names; each once, whoever asks. */
export class BatchFiles {
  private readonly texts = new Map<string, Promise<string>>();
  private readonly tables = new Map<string, Promise<CsvTable>>();

  /** @param scope The batch file's folder and the model roots: nothing outside is read. */
  constructor(readonly scope: ReadScope) {}

  /** Absolute real path of a file or folder that the batch names. @throws AppError `files.*`. */
  resolve(value: string, where: string): Promise<string> {
    return resolveRead(this.scope, value, where);
  }

  text(value: string, where: string): Promise<string> {
    return this.once(this.texts, value, async () => readTextFile(await this.resolve(value, where), `${where}, ${value}`));
  }

  csv(value: string, delimiter: string, where: string): Promise<CsvTable> {
    return this.once(this.tables, `${delimiter}${value}`, async () => parseCsv(await this.text(value, where), `${where}, ${value}`, delimiter));
  }

  /** Lines of a text file that aren't blank. */
  async lines(value: string, where: string): Promise<string[]> {
    return linesOf(await this.text(value, where)).map(({ text }) => text);
  }

  private once<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
    const value = known.get(key) ?? make();
    known.set(key, value);
    return value;
  }
}

/** Text of a value for people: lists with commas between. */
export function labelOf(value: BatchValue): string {
  return Array.isArray(value) ? value.join(', ') : String(value);
}

function plain(value: BatchValue): AxisValue {
  return { label: labelOf(value), value };
}

type SourceOf<K extends string> = Extract<BatchSource, Readonly<Record<K, unknown>>>;

function rangeValues({ from, to, step }: SourceOf<'to'>, where: string): AxisValue[] {
  const steps = step === 0 ? -1 : Math.floor((to - from) / step + 1e-9);
  if (steps < 0) throw inputError('batch.range', where, 'a range must reach its end by its step', { got: `${from} to ${to} by ${step}`, hint: step === 0 ? 'Give a step other than 0' : 'Turn the step\'s sign' });
  if (steps >= BATCH_ROW_LIMIT) throw tooMany(steps + 1, where);
  // Twelve digits: 0.1 + 0.2 is meant to be 0.3.
  return Array.from({ length: steps + 1 }, (_, index) => plain(Number((from + index * step).toPrecision(12))));
}

function countedSeeds({ seeds, from }: Extract<BatchSource, { from: number; seeds: number }>, where: string): AxisValue[] {
  if (from > Number.MAX_SAFE_INTEGER - (seeds - 1)) throw inputError('batch.seeds', where, `seeds must be at most ${Number.MAX_SAFE_INTEGER}`, { got: `${seeds} from ${from}` });
  return Array.from({ length: seeds }, (_, index) => plain(from + index));
}

async function csvValues({ csv, column, delimiter }: SourceOf<'csv'>, where: string, files: BatchFiles): Promise<AxisValue[]> {
  const { header, records } = await files.csv(csv, delimiter, where);
  const index = header.indexOf(column);
  if (index < 0) {
    const other = header.length === 1 && [',', ';', '\t'].find((candidate) => candidate !== delimiter && header[0]?.includes(candidate));
    throw inputError('batch.column', where, `column must be one of ${csv}`, { got: printValue(column), hint: other ? `Are cells separated by ${printValue(other)}? Say so with "delimiter"` : `Columns: ${header.slice(0, 50).join(', ')}` });
  }
  return records.map(({ cells }) => plain(cells[index] as string));
}

function parseLine(text: string, where: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw inputError('batch.jsonl', where, 'each line must be one JSON value', { got: (error as Error).message.slice(0, 200) });
  }
}

function isValue(value: unknown): value is BatchValue {
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string') || value.every((item) => typeof item === 'number' && Number.isFinite(item));
  return typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
}

async function jsonlValues({ jsonl, column }: SourceOf<'jsonl'>, where: string, files: BatchFiles): Promise<AxisValue[]> {
  return linesOf(await files.text(jsonl, where)).map(({ number, text }) => {
    const at = `${where}, ${jsonl} line ${number}`;
    const parsed = parseLine(text, at);
    const isRecord = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
    if (column !== undefined && !(isRecord && Object.hasOwn(parsed, column))) {
      throw inputError('batch.column', at, `must be an object with the key ${printValue(column)}`, { got: isRecord ? `keys ${Object.keys(parsed).slice(0, 50).join(', ')}` : printValue(parsed) });
    }
    if (column === undefined && isRecord) throw inputError('batch.column', at, 'must be a plain value, unless "column" says which key of the object to take', { got: printValue(parsed) });
    const value = column === undefined ? parsed : (parsed as Record<string, unknown>)[column];
    if (!isValue(value)) throw inputError('batch.jsonl', at, 'values must be a number, true or false, a text, or a list of texts or of numbers', { got: printValue(value) });
    return plain(value);
  });
}

/** Endings of the files of a folder that count, by kind. */
const FOLDER_KINDS: Readonly<Record<SourceOf<'folder'>['kind'], readonly string[]>> = {
  images: IMAGE_FILE_KINDS, tables: ['.engram.safetensors'], graphs: ['.graph.json'],
};

async function folderValues({ folder, kind }: SourceOf<'folder'>, where: string, files: BatchFiles): Promise<AxisValue[]> {
  const path = await files.resolve(folder, where);
  const entries = await readdir(path, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOTDIR') throw inputError('batch.not-a-folder', where, 'must name a folder', { got: printValue(folder) });
    throw runError('files.read', where, 'folder must be readable', { got: error.message, path });
  });
  const endings = FOLDER_KINDS[kind];
  const found = entries.filter(({ name }) => !name.startsWith('.') && endings.some((ending) => name.toLowerCase().endsWith(ending)));
  const rooted = /^[A-Za-z][A-Za-z0-9_-]+:/.test(folder);
  const base = folder.replace(/\/+$/, '');
  const values: AxisValue[] = [];
  for (const entry of found.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const value = `${base}${base.endsWith(':') ? '' : '/'}${entry.name}`;
    if (entry.isSymbolicLink()) await files.resolve(value, where); // no link leads out of what the user chose
    else if (!entry.isFile()) continue;
    values.push({ label: entry.name, value, ...(rooted ? {} : { file: join(path, entry.name) }) });
  }
  if (values.length === 0) throw inputError('batch.empty-folder', where, `folder must hold at least one file of kind ${kind} (${endings.join(', ')})`, { got: printValue(folder), hint: 'Sub-folders are not searched' });
  return values;
}

function tooMany(count: number, where: string): Error {
  return inputError('batch.too-many-values', where, `an axis must have at most ${BATCH_ROW_LIMIT} values`, { got: String(count) });
}

function readValues(source: BatchSource, where: string, files: BatchFiles): AxisValue[] | Promise<AxisValue[]> {
  if (Array.isArray(source)) return source.map(plain);
  if ('to' in source) return rangeValues(source, where);
  if ('draw' in source) return drawSeeds(source.seeds, source.draw).map(plain);
  if ('seeds' in source) return countedSeeds(source, where);
  if ('lines' in source) return files.lines(source.lines, where).then((lines) => lines.map(plain));
  if ('csv' in source) return csvValues(source, where, files);
  if ('jsonl' in source) return jsonlValues(source, where, files);
  return folderValues(source, where, files);
}

/**
 * The values that a source gives, in order.
 * @param where For messages: `render.batch.json, group 1, axis "prompt"`.
 * @throws AppError `batch.*`, `csv.*`, `files.*` naming file and line.
 */
export async function readSource(source: BatchSource, where: string, files: BatchFiles): Promise<AxisValue[]> {
  const values = await readValues(source, where, files);
  if (values.length === 0) throw inputError('batch.no-values', where, 'an axis must have at least one value', { hint: 'Is the file empty?' });
  if (values.length > BATCH_ROW_LIMIT) throw tooMany(values.length, where);
  return values;
}

/** Name of a file for templates: without folders and without its ending. */
export function fileStemOf(name: string): string {
  const last = basename(name.replaceAll('\\', '/'));
  const known = Object.values(FOLDER_KINDS).flat().find((ending) => last.toLowerCase().endsWith(ending));
  if (known !== undefined && last.length > known.length) return last.slice(0, -known.length);
  return last.replace(/(?!^)\.[^.]*$/, '');
}
