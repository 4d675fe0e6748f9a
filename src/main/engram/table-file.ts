import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { z } from 'zod';
import { inputError } from '../../contract/errors.ts';
import type { Tensor } from '../core/ir/tensor.ts';
import type { DataType } from '../core/ir/types.ts';
import { printable } from '../core/printable.ts';
import { parseSafetensorsHeader, type SafetensorsIndex } from '../core/safetensors/header.ts';
import { readTensor } from '../core/safetensors/read.ts';
import { writeSafetensors, type NamedTensor } from '../core/safetensors/write.ts';
import { checkTable, type ConceptTable, type StreamTable } from './table.ts';

/** What the `format` entry of a table file says. */
export const TABLE_FORMAT = 'engram-concept-table';
/** The newest version that this program writes and the newest that it reads. */
export const TABLE_FORMAT_VERSION = 1;
export { TABLE_ENDING as TABLE_EXTENSION } from '../../contract/file-endings.ts';

/**
 * A table as the bytes of a safetensors file: per stream `<stream>.key_ids` (I32, all keys in a row), `.key_offsets` (I32 [K + 1]), `.vectors` (F32 [K, d]) and
 * `.scale` (F32 [d]); all else as string metadata. Equal tables give equal bytes.
 * @throws AppError when the table isn't whole.
 */
export function encodeTable(table: ConceptTable): Uint8Array {
  checkTable(table, `Concept Table "${table.trigger}"`);
  return writeSafetensors(table.streams.flatMap(streamTensors), metadataOf(table));
}

function streamTensors({ stream, width, keys, vectors, scale }: StreamTable): NamedTensor[] {
  const offsets = new Int32Array(keys.length + 1);
  keys.forEach((key, row) => { offsets[row + 1] = offsets[row]! + key.length; });
  const ids = Int32Array.from(keys.flat());
  return [
    { name: `${stream}.key_ids`, dtype: 'int32', shape: [ids.length], data: ids },
    { name: `${stream}.key_offsets`, dtype: 'int32', shape: [offsets.length], data: offsets },
    { name: `${stream}.vectors`, dtype: 'float32', shape: [keys.length, width], data: vectors },
    { name: `${stream}.scale`, dtype: 'float32', shape: [width], data: scale },
  ];
}

function metadataOf(table: ConceptTable): Record<string, string> {
  const metadata: Record<string, string> = {
    format: TABLE_FORMAT,
    format_version: String(TABLE_FORMAT_VERSION),
    trigger: table.trigger,
    max_ngram: String(table.maxN),
    family: table.family,
    rule: table.settings.rule,
    tanh: String(table.settings.tanh),
    overlap: table.settings.overlap,
    streams: JSON.stringify(table.streams.map(({ stream }) => stream)),
    // Sorted, so that equal tables give equal bytes.
    provenance: JSON.stringify(Object.entries(table.provenance).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  for (const { stream, tokenizerHash, width } of table.streams) {
    metadata[`${stream}.tokenizer_hash`] = tokenizerHash;
    metadata[`${stream}.width`] = String(width);
  }
  if (table.thumbnail !== undefined) metadata['thumbnail'] = table.thumbnail;
  if (table.licence !== undefined) metadata['licence'] = table.licence;
  return metadata;
}

/** SHA-256 (hex) of a table's file bytes. */
export function tableFingerprint(table: ConceptTable): string {
  return bytesToHex(sha256(encodeTable(table)));
}

/** Whether a safetensors header is that of a concept table. */
export function isTableFile(index: SafetensorsIndex): boolean {
  return index.metadata.get('format') === TABLE_FORMAT;
}

/**
 * Reads and checks a table file. Metadata entries that aren't ours are passed over.
 * @param bytes The whole file.
 * @param label What to call the file in messages.
 * @throws AppError that says which entry breaks which rule; a file of a newer format version is refused.
 */
export function decodeTable(bytes: Uint8Array, label: string): ConceptTable {
  const index = parseSafetensorsHeader(bytes, bytes.length, label);
  const reader = new TableReader(index, bytes, label);
  reader.checkFormat();
  const names = reader.streamNames();
  const streams = names.map((name) => reader.stream(name));
  const expected = new Set(streams.flatMap(streamTensors).map(({ name }) => name));
  const unknown = [...index.tensors.keys()].find((name) => !expected.has(name));
  if (unknown !== undefined) throw reader.fault('a table must hold no other tensors than those of its streams', printable(unknown));
  const [thumbnail, licence] = [index.metadata.get('thumbnail'), index.metadata.get('licence')];
  const table: ConceptTable = {
    trigger: reader.text('trigger'),
    maxN: reader.wholeNumber('max_ngram'),
    family: reader.text('family'),
    settings: { rule: reader.text('rule'), tanh: reader.choice('tanh', ['true', 'false']) === 'true', overlap: reader.text('overlap') },
    streams,
    provenance: reader.provenance(),
    ...(thumbnail === undefined ? {} : { thumbnail }),
    ...(licence === undefined ? {} : { licence }),
  };
  checkTable(table, label);
  return table;
}

/** The value of a JSON text; undefined, which no JSON text stands for, when it is none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

class TableReader {
  constructor(private readonly index: SafetensorsIndex, private readonly bytes: Uint8Array, private readonly label: string) {}

  fault(rule: string, got?: string, hint?: string): Error {
    return inputError('table.file', this.label, rule, { ...(got === undefined ? {} : { got }), ...(hint === undefined ? {} : { hint }) });
  }

  checkFormat(): void {
    if (!isTableFile(this.index)) {
      const got = this.index.metadata.get('format');
      const hint = "Other people's checkpoints and adapters are no concept tables";
      throw this.fault(`metadata "format" must be "${TABLE_FORMAT}"`, got === undefined ? 'none' : printable(got), hint);
    }
    const version = this.wholeNumber('format_version');
    if (version < 1 || version > TABLE_FORMAT_VERSION) {
      throw this.fault(`format_version must be 1..${TABLE_FORMAT_VERSION}`, String(version), 'A newer Engram Studio wrote it: update this one');
    }
  }

  text(key: string): string {
    const value = this.index.metadata.get(key);
    if (value === undefined) throw this.fault(`metadata must have "${key}"`, 'none');
    return value;
  }

  wholeNumber(key: string): number {
    const text = this.text(key);
    if (!/^\d{1,15}$/.test(text)) throw this.fault(`metadata "${key}" must be a whole number`, printable(text));
    return Number(text);
  }

  choice(key: string, allowed: readonly string[]): string {
    const text = this.text(key);
    if (!allowed.includes(text)) throw this.fault(`metadata "${key}" must be one of ${allowed.join(', ')}`, printable(text));
    return text;
  }

  streamNames(): string[] {
    const names = this.json('streams', z.array(z.string()), 'a JSON list of stream ids');
    if (new Set(names).size !== names.length) throw this.fault('metadata "streams" must name each stream once', printable(names));
    return names;
  }

  provenance(): Record<string, string> {
    return Object.fromEntries(this.json('provenance', z.array(z.tuple([z.string(), z.string()])), 'a JSON list of pairs of strings'));
  }

  private json<T>(key: string, schema: z.ZodType<T>, wanted: string): T {
    const text = this.text(key);
    const parsed = schema.safeParse(parseJson(text));
    if (!parsed.success) throw this.fault(`metadata "${key}" must be ${wanted}`, printable(text));
    return parsed.data;
  }

  stream(name: string): StreamTable {
    const width = this.wholeNumber(`${name}.width`);
    const offsets = this.tensor(`${name}.key_offsets`, 'int32', [undefined]).data as Int32Array;
    const ids = this.tensor(`${name}.key_ids`, 'int32', [undefined]).data as Int32Array;
    const keys = this.keys(name, offsets, ids);
    return {
      stream: name,
      tokenizerHash: this.text(`${name}.tokenizer_hash`),
      width,
      keys,
      vectors: this.tensor(`${name}.vectors`, 'float32', [keys.length, width]).data as Float32Array,
      scale: this.tensor(`${name}.scale`, 'float32', [width]).data as Float32Array,
    };
  }

  private keys(name: string, offsets: Int32Array, ids: Int32Array): number[][] {
    const fail = (rule: string, got: string): never => { throw this.fault(`tensor "${name}.key_offsets" ${rule}`, got); };
    if (offsets.length < 2) fail('must have K + 1 >= 2 elements', String(offsets.length));
    if (offsets[0] !== 0) fail('must begin with 0', String(offsets[0]));
    if (offsets.at(-1) !== ids.length) fail(`must end with the number of key ids, ${ids.length}`, String(offsets.at(-1)));
    const keys: number[][] = [];
    for (let row = 0; row + 1 < offsets.length; row += 1) {
      const [start, end] = [offsets[row]!, offsets[row + 1]!];
      if (end <= start) fail(`must rise from row to row (row ${row})`, `${start}, ${end}`);
      keys.push([...ids.subarray(start, end)]);
    }
    return keys;
  }

  /** A tensor of the given type and shape; `undefined` stands for any length. */
  private tensor(name: string, dtype: DataType, shape: readonly (number | undefined)[]): Tensor {
    const entry = this.index.tensors.get(name);
    const fits = entry?.dtype === dtype && entry.shape.length === shape.length && shape.every((length, axis) => length === undefined || length === entry.shape[axis]);
    if (!fits) {
      const wanted = `${dtype} [${shape.map((length) => length ?? 'any').join(', ')}]`;
      throw this.fault(`there must be a tensor "${name}" of ${wanted}`, entry === undefined ? 'none' : `${entry.dtype} [${entry.shape.join(', ')}]`);
    }
    return readTensor(this.index, name, this.bytes, this.label);
  }
}
