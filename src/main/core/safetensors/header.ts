import { inputError, type AppError } from '../../../contract/errors.ts';
import { scanJsonKeys } from '../../../contract/json-keys.ts';
import type { DataType, Shape } from '../ir/types.ts';
import { printable } from '../printable.ts';
import { STORED_TYPES, storedTypeByName } from './dtypes.ts';

/** One tensor of a safetensors file. `offset` counts from the start of the file, so that it can go straight into an external initializer. */
export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: DataType;
  readonly shape: Shape;
  readonly offset: number;
  readonly length: number;
}

/** The checked header of a safetensors file. */
export interface SafetensorsIndex {
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly headerLength: number;
  readonly fileLength: number;
}

/** Bytes before the header: its length as a little-endian u64. */
export const LENGTH_BYTES = 8;
/** The reference implementation's own limit of the header. */
export const MAX_HEADER_BYTES = 100_000_000;
export const METADATA_KEY = '__metadata__';

/** Root, entry, list: nothing in a header is nested deeper. */
const MAX_DEPTH = 3;

function fault(label: string, code: string, rule: string, got?: string): AppError {
  const hint = 'The file is damaged, cut short or not a safetensors file: get it again from its source';
  return inputError(`safetensors.${code}`, label, rule, { hint, ...(got === undefined ? {} : { got }) });
}

/**
 * How many bytes to read from the start of a file so that {@link parseSafetensorsHeader} can check it: 8 + the header's length.
 * @param first8 The file's first 8 bytes (more does no harm).
 * @param label What to call the file in messages.
 * @throws AppError when the length that they state can't be true of a file of `fileLength` bytes.
 */
export function headerByteLength(first8: Uint8Array, fileLength: number, label: string): number {
  if (first8.length < LENGTH_BYTES || fileLength < LENGTH_BYTES) {
    throw fault(label, 'truncated', `a safetensors file must have at least ${LENGTH_BYTES} bytes`, String(Math.min(first8.length, fileLength)));
  }
  const stated = new DataView(first8.buffer, first8.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  const limit = Math.min(MAX_HEADER_BYTES, fileLength - LENGTH_BYTES);
  if (stated < 2n || stated > BigInt(limit)) {
    throw fault(label, 'header-length', `the header's length must be 2..${limit} in a file of ${fileLength} bytes`, String(stated));
  }
  return LENGTH_BYTES + Number(stated);
}

/**
 * Checks the header of a safetensors file and lists its tensors.
 * @param bytes The first 8 + header bytes of the file, or all of it.
 * @param fileLength Length of the whole file in bytes.
 * @param label What to call the file in messages.
 * @throws AppError when the header isn't well-formed, or its tensors overlap, leave bytes unclaimed or reach outside the file.
 */
export function parseSafetensorsHeader(bytes: Uint8Array, fileLength: number, label: string): SafetensorsIndex {
  const dataStart = headerByteLength(bytes, fileLength, label);
  if (bytes.length < dataStart) {
    throw fault(label, 'truncated', `the header needs ${dataStart} bytes`, String(bytes.length));
  }
  const root = parseText(bytes.subarray(LENGTH_BYTES, dataStart), label);
  const tensors = new Map<string, SafetensorsEntry>();
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, value] of Object.entries(root)) {
    if (name === METADATA_KEY) metadata = readMetadata(value, label);
    else tensors.set(name, readEntry(name, value, dataStart, label));
  }
  checkCover([...tensors.values()], dataStart, fileLength, label);
  return { tensors, metadata, headerLength: dataStart - LENGTH_BYTES, fileLength };
}

function parseText(bytes: Uint8Array, label: string): Record<string, unknown> {
  if (bytes[0] !== 0x7b) throw fault(label, 'header-text', 'the header must begin with `{`', `byte ${bytes[0]}`);
  const text = decodeText(bytes, label);
  const found = scanJsonKeys(text, MAX_DEPTH);
  if (found?.kind === 'depth') throw fault(label, 'header-text', `the header must not be nested deeper than ${MAX_DEPTH}`);
  if (found?.kind === 'duplicate') throw fault(label, 'duplicate-key', 'names in the header must be unique', `${printable(found.key)} twice`);
  try {
    // It begins with `{`, so what parses is an object.
    return JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw fault(label, 'header-text', 'the header must be JSON', cause instanceof Error ? printable(cause.message) : undefined);
  }
}

function decodeText(bytes: Uint8Array, label: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw fault(label, 'header-text', 'the header must be UTF-8 text');
  }
}

/** Why a name can't be used, or undefined. `__proto__` is a trap for whoever puts names into a plain object. */
export function nameFault(name: string): string | undefined {
  if (name === '__proto__') return 'must not be `__proto__`';
  if (!isWellFormed(name)) return 'must be well-formed Unicode';
  return undefined;
}

/** Whether a string has no half surrogate pairs, that is, whether UTF-8 can hold it. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

function readMetadata(value: unknown, label: string): ReadonlyMap<string, string> {
  const where = `${label} ${METADATA_KEY}`;
  if (!isRecord(value)) throw fault(where, 'metadata', 'must be an object of strings', printable(value));
  const entries = Object.entries(value).map(([key, text]): [string, string] => {
    const wrong = nameFault(key);
    if (wrong !== undefined) throw fault(where, 'name', `a key ${wrong}`, printable(key));
    if (typeof text !== 'string') throw fault(where, 'metadata', `the value of ${printable(key)} must be a string`, printable(text));
    return [key, text];
  });
  return new Map(entries);
}

function readEntry(name: string, value: unknown, dataStart: number, label: string): SafetensorsEntry {
  const where = `${label} tensor ${printable(name)}`;
  const wrong = nameFault(name);
  if (wrong !== undefined) throw fault(where, 'name', `a name ${wrong}`);
  if (!isRecord(value) || Object.keys(value).sort().join() !== 'data_offsets,dtype,shape') {
    throw fault(where, 'entry', 'must be an object of dtype, shape and data_offsets', printable(value));
  }
  const { dtype: storedName, shape, data_offsets: offsets } = value;
  const type = typeof storedName === 'string' ? storedTypeByName(storedName) : undefined;
  if (type === undefined) {
    const allowed = STORED_TYPES.map(({ stored }) => stored).join(', ');
    throw inputError('safetensors.dtype', where, `dtype must be one of ${allowed}`, { got: printable(storedName), hint: 'Use a copy of the model in one of these' });
  }
  if (!isCounts(shape)) throw fault(where, 'entry', 'shape must be a list of whole numbers of at most 2^53 - 1', printable(shape));
  if (!isCounts(offsets) || offsets.length !== 2) {
    throw fault(where, 'entry', 'data_offsets must be two whole numbers of at most 2^53 - 1', printable(offsets));
  }
  const [begin, end] = offsets as [number, number];
  const length = byteLength(shape, type.size);
  if (length === undefined) throw fault(where, 'size', 'shape must describe fewer than 2^53 bytes', printable(shape));
  if (end - begin !== length) throw fault(where, 'size', `data_offsets must span ${length} bytes for ${type.stored} ${printable(shape)}`, printable(offsets));
  return { name, dtype: type.dtype, shape, offset: dataStart + begin, length };
}

/** Bytes of a tensor; undefined when any partial product leaves the exact integers. */
function byteLength(shape: readonly number[], size: number): number | undefined {
  let product = size;
  for (const dimension of shape) {
    product *= dimension;
    if (!Number.isSafeInteger(product)) return undefined;
  }
  return product;
}

/** Tensors in order of their offsets must follow one another without hole or overlap and end where the file ends. */
function checkCover(entries: readonly SafetensorsEntry[], dataStart: number, fileLength: number, label: string): void {
  const sorted = [...entries].sort((a, b) => a.offset - b.offset || a.length - b.length);
  let position = dataStart;
  for (const { name, offset, length } of sorted) {
    const where = `${label} tensor ${printable(name)}`;
    if (offset < position) throw fault(where, 'overlap', `must not overlap the tensor before it, which ends at byte ${position}`, `begin ${offset}`);
    if (offset > position) throw fault(where, 'hole', `must begin where the tensor before it ends, at byte ${position}`, `begin ${offset}`);
    position = offset + length;
    if (position > fileLength) throw fault(where, 'range', `must end inside the file of ${fileLength} bytes`, `end ${position}`);
  }
  if (position !== fileLength) throw fault(label, 'hole', `tensors must cover the file of ${fileLength} bytes`, `${position} bytes covered`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && (item as number) >= 0);
}
