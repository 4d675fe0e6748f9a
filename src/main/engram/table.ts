import { inputError, type AppError } from '../../contract/errors.ts';
import { printable } from '../core/printable.ts';
import type { TorchGenerator } from '../core/random/torch-generator.ts';
import { overlapMode } from './overlaps.ts';
import type { Registry } from './registry.ts';
import { injectionRule } from './rules/index.ts';

/** How a table acts (paper 2.5). A backbone's `InjectionSettings` fits. */
export interface TableSettings {
  /** Id of an injection rule. */
  readonly rule: string;
  /** Whether tanh(s) stands where s stands. */
  readonly tanh: boolean;
  /** Id of an overlap mode. */
  readonly overlap: string;
}

/** What a concept is in one text stream: K keys with a vector of width d each, and one scale per channel. */
export interface StreamTable {
  readonly stream: string;
  /** SHA-256 (hex) of the tokenizer that the keys were made with. */
  readonly tokenizerHash: string;
  /** d */
  readonly width: number;
  /** Token ids per row. Imported tables may hold equal keys in several rows; each row acts. */
  readonly keys: readonly (readonly number[])[];
  /** m: [K, d] row-major. */
  readonly vectors: Float32Array;
  /** s: [d]. */
  readonly scale: Float32Array;
}

/** A concept bound to a trigger: all that training makes, and all that a render needs beside the frozen model. */
export interface ConceptTable {
  readonly trigger: string;
  /** Largest n-gram size that the keys were made with. */
  readonly maxN: number;
  /** Id of the backbone family. */
  readonly family: string;
  readonly settings: TableSettings;
  readonly streams: readonly StreamTable[];
  /** What the table was made of and how; no time, no host. */
  readonly provenance: Readonly<Record<string, string>>;
  /** A PNG in base64. */
  readonly thumbnail?: string;
  readonly licence?: string;
}

/** Spread of new vectors (paper 3). */
export const INITIAL_VECTOR_STD = 0.02;
/** Scale of a new table in every channel (paper 3). */
export const INITIAL_SCALE = 0.05;

/** Characters of a thumbnail in base64 that a table may carry: it is a preview, the table itself is tens of kilobytes. */
export const MAX_THUMBNAIL_LENGTH = 2 ** 20;

/**
 * An untrained table for a registry: vectors ~ N(0, 0.02^2), drawn stream by stream in row order, and scale 0.05 (paper 3).
 * @throws AppError when the settings name no known rule or overlap mode.
 */
export function createTable(registry: Registry, family: string, settings: TableSettings, generator: TorchGenerator): ConceptTable {
  const streams = registry.streams.map(({ stream, tokenizerHash, width, keys }): StreamTable => {
    const vectors = generator.randn(keys.length * width).map((value) => value * INITIAL_VECTOR_STD);
    return { stream, tokenizerHash, width, keys, vectors, scale: new Float32Array(width).fill(INITIAL_SCALE) };
  });
  const table: ConceptTable = { trigger: registry.trigger, maxN: registry.maxN, family, settings, streams, provenance: {} };
  checkTable(table, `Concept Table "${registry.trigger}"`);
  return table;
}

/** Checks that a table is whole: names, sizes, ids, finite numbers. @throws AppError that names stream, row and rule. */
export function checkTable(table: ConceptTable, where: string): void {
  const fail = (rule: string, got: unknown): never => { throw tableError(where, rule, got); };
  if (table.trigger === '') fail('the trigger must not be empty', table.trigger);
  if (!Number.isSafeInteger(table.maxN) || table.maxN < 0) fail('the largest n-gram size N must be a whole number', table.maxN);
  if (table.family === '') fail('the backbone family must be named', table.family);
  injectionRule(table.settings.rule, where);
  overlapMode(table.settings.overlap, where);
  if (table.streams.length === 0) fail('there must be at least one text stream', 'none');
  const seen = new Set<string>();
  for (const stream of table.streams) {
    if (!/^[A-Za-z0-9_-]+$/.test(stream.stream)) fail('a stream id must be letters, digits, `_` and `-`', stream.stream);
    if (seen.has(stream.stream)) fail('stream ids must be unique', stream.stream);
    seen.add(stream.stream);
    checkStream(stream, `${where}, stream "${stream.stream}"`);
  }
  for (const key of Object.keys(table.provenance)) if (key === '') fail('provenance keys must not be empty', key);
  if (table.thumbnail !== undefined) checkThumbnail(table.thumbnail, where);
}

function checkStream({ tokenizerHash, width, keys, vectors, scale }: StreamTable, where: string): void {
  const fail = (rule: string, got: unknown): never => { throw tableError(where, rule, got); };
  if (!/^[0-9a-f]{64}$/.test(tokenizerHash)) fail('the tokenizer hash must be 64 hexadecimal digits', tokenizerHash);
  if (!Number.isSafeInteger(width) || width < 1) fail('the width must be a whole number >= 1', width);
  if (keys.length === 0) fail('there must be at least one key', 0);
  keys.forEach((key, row) => {
    if (key.length === 0) fail(`the key of row ${row} must have at least one token id`, 'none');
    const wrong = key.find((id) => !Number.isInteger(id) || id < 0 || id > 0x7fffffff);
    if (wrong !== undefined) fail(`the token ids of row ${row} must be 0..2147483647`, wrong);
  });
  if (vectors.length !== keys.length * width) fail(`vectors must have ${keys.length} x ${width} elements`, vectors.length);
  if (scale.length !== width) fail(`scale must have ${width} elements`, scale.length);
  const badVector = vectors.findIndex((value) => !Number.isFinite(value));
  if (badVector !== -1) fail(`vectors must be finite numbers (row ${Math.floor(badVector / width)}, channel ${badVector % width})`, vectors[badVector]);
  const badScale = scale.findIndex((value) => !Number.isFinite(value));
  if (badScale !== -1) fail(`scale must be finite numbers (channel ${badScale})`, scale[badScale]);
}

function checkThumbnail(thumbnail: string, where: string): void {
  if (thumbnail.length > MAX_THUMBNAIL_LENGTH) throw tableError(where, `the thumbnail must be at most ${MAX_THUMBNAIL_LENGTH} characters`, thumbnail.length);
  // `iVBORw0KGgo` is the signature of PNG in base64.
  const png = /^iVBORw0KGgo[A-Za-z0-9+/]*={0,2}$/.test(thumbnail) && thumbnail.length % 4 === 0;
  if (!png) throw tableError(where, 'the thumbnail must be a PNG in base64', thumbnail.slice(0, 16));
}

function tableError(where: string, rule: string, got: unknown): AppError {
  return inputError('table.invalid', where, rule, { got: typeof got === 'number' ? String(got) : printable(got) });
}
