import { array, assert, constantFrom, dictionary, float, integer, oneof, property, string, tuple, boolean as anyBoolean, uint8Array } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../../src/contract/errors.ts';
import { parseSafetensorsHeader } from '../../../src/main/core/safetensors/header.ts';
import { readTensor } from '../../../src/main/core/safetensors/read.ts';
import { writeSafetensors, type NamedTensor } from '../../../src/main/core/safetensors/write.ts';
import { decodeTable, encodeTable } from '../../../src/main/engram/table-file.ts';
import type { ConceptTable } from '../../../src/main/engram/table.ts';
import { randomNumbers, tableOf } from './support/tables.ts';

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB';
const keys = [[1, 2], [2, 3], [1, 2, 3]];
const table: ConceptTable = tableOf('Aldric Vortex-9', keys, 4, { settings: { rule: 'relative-norm', tanh: true, overlap: 'mean' }, provenance: { seed: '7', base: 'é "x"' }, thumbnail: PNG, licence: 'CC-BY-4.0' });

/** The file's content with something changed, as a new file. */
function changed(bytes: Uint8Array, change: { tensors?: (tensors: NamedTensor[]) => NamedTensor[]; metadata?: Record<string, string | undefined> }): Uint8Array {
  const index = parseSafetensorsHeader(bytes, bytes.length, 'test');
  const tensors = [...index.tensors.keys()].map((name): NamedTensor => ({ name, ...readTensor(index, name, bytes, 'test') }));
  const metadata = Object.entries({ ...Object.fromEntries(index.metadata), ...change.metadata }).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return writeSafetensors(change.tensors === undefined ? tensors : change.tensors(tensors), Object.fromEntries(metadata));
}

describe('encodeTable', () => {
  const bytes = encodeTable(table);
  const index = parseSafetensorsHeader(bytes, bytes.length, 'test');

  test('reads back as it was written', () => {
    expect(decodeTable(bytes, 'a.engram.safetensors')).toEqual(table);
  });

  test('holds per stream exactly the tensors of the published layout', () => {
    const layout = [...index.tensors.values()].map(({ name, dtype, shape }) => `${name} ${dtype} [${shape.join(', ')}]`).sort();
    expect(layout).toEqual(['clip_l.key_ids int32 [7]', 'clip_l.key_offsets int32 [4]', 'clip_l.scale float32 [4]', 'clip_l.vectors float32 [3, 4]']);
    expect([...(readTensor(index, 'clip_l.key_ids', bytes, 'test').data as Int32Array)]).toEqual([1, 2, 2, 3, 1, 2, 3]);
    expect([...(readTensor(index, 'clip_l.key_offsets', bytes, 'test').data as Int32Array)]).toEqual([0, 2, 4, 7]);
  });

  test('names everything else in string metadata', () => {
    expect(Object.fromEntries(index.metadata)).toEqual({
      format: 'engram-concept-table', format_version: '1', trigger: 'Aldric Vortex-9', max_ngram: '7', family: 'sd15', rule: 'relative-norm', tanh: 'true', overlap: 'mean',
      streams: '["clip_l"]', 'clip_l.tokenizer_hash': 'a'.repeat(64), 'clip_l.width': '4', provenance: '[["base","é \\"x\\""],["seed","7"]]', thumbnail: PNG, licence: 'CC-BY-4.0',
    });
  });

  test('equal tables give equal bytes, whatever the order of their provenance', () => {
    expect(encodeTable({ ...table, provenance: { base: 'é "x"', seed: '7' } })).toEqual(bytes);
    expect(encodeTable({ ...table, provenance: { ...table.provenance, seed: '8' } })).not.toEqual(bytes);
  });

  test('keeps every bit of the numbers, several streams and equal keys in several rows', () => {
    const other = tableOf('x', [[5, 6], [5, 6]], 3, { stream: 't5', seed: 4 }).streams[0]!;
    const vectors = Float32Array.of(-0, 1e-45, 3.4028235e38, 1, 2, 3);
    const two: ConceptTable = { ...table, streams: [...table.streams, { ...other, vectors }] };
    const back = decodeTable(encodeTable(two), 'x');
    expect(back.streams.map(({ stream }) => stream)).toEqual(['clip_l', 't5']);
    expect(new Uint32Array(back.streams[1]!.vectors.buffer)).toEqual(new Uint32Array(vectors.buffer));
    expect(back).toEqual(two);
  });

  test('any table survives the way through a file', () => {
    const text = string({ unit: 'binary' }).filter((value) => !/\p{Surrogate}/u.test(value));
    const anyKeys = array(array(integer({ min: 0, max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 9 }), { minLength: 1, maxLength: 6 });
    const numbers = float({ noNaN: true, noDefaultInfinity: true });
    const anyTable = tuple(text.filter((value) => value !== ''), anyKeys, integer({ min: 1, max: 5 }), dictionary(text.filter((value) => value !== ''), text), numbers, anyBoolean(), constantFrom('absolute', 'relative-norm'), constantFrom('sum', 'mean'));
    assert(property(anyTable, ([trigger, rows, width, provenance, number, tanh, rule, overlap]) => {
      const made = tableOf(trigger, rows, width, { provenance: Object.fromEntries(Object.entries(provenance)), settings: { rule, tanh, overlap } });
      made.streams[0]!.vectors[0] = number;
      expect(decodeTable(encodeTable(made), 'x')).toEqual(made);
    }));
  });

  test.each<[string, Partial<ConceptTable>, RegExp]>([
    ['an empty trigger', { trigger: '' }, /trigger must not be empty/],
    ['no stream', { streams: [] }, /at least one text stream/],
    ['a stream twice', { streams: [table.streams[0]!, table.streams[0]!] }, /stream ids must be unique/],
    ['a stream id with a dot', { streams: [{ ...table.streams[0]!, stream: 'a.b' }] }, /letters, digits/],
    ['NaN in the vectors', { streams: [{ ...table.streams[0]!, vectors: Float32Array.from({ length: 12 }, (_, i) => (i === 6 ? Number.NaN : i)) }] }, /finite numbers \(row 1, channel 2\), got NaN/],
    ['infinity in the scale', { streams: [{ ...table.streams[0]!, scale: Float32Array.of(1, 2, 3, Infinity) }] }, /scale must be finite numbers \(channel 3\), got Infinity/],
    ['too few vectors', { streams: [{ ...table.streams[0]!, vectors: new Float32Array(8) }] }, /vectors must have 3 x 4 elements, got 8/],
    ['a key without ids', { streams: [{ ...table.streams[0]!, keys: [[1], [], [2]] }] }, /key of row 1 must have at least one token id/],
    ['an id below zero', { streams: [{ ...table.streams[0]!, keys: [[1], [-1], [2]] }] }, /token ids of row 1 must be 0/],
    ['a thumbnail that is no PNG', { thumbnail: '/9j/4AAQSkZJRg==' }, /thumbnail must be a PNG/],
    ['an unknown rule', { settings: { rule: 'new', tanh: true, overlap: 'sum' } }, /injection rule must be one of/],
  ])('refuses to write %s', (_, more, message) => {
    expect(() => encodeTable({ ...table, ...more })).toThrowError(message);
  });
});

describe('decodeTable refuses', () => {
  const bytes = encodeTable(table);
  const replace = (name: string, more: Partial<NamedTensor>) => (tensors: NamedTensor[]): NamedTensor[] => tensors.map((tensor) => (tensor.name === name ? { ...tensor, ...more } : tensor));
  const offsets = (...values: number[]) => replace('clip_l.key_offsets', { shape: [values.length], data: Int32Array.from(values) });
  const extra: NamedTensor = { name: 'clip_l.bias', dtype: 'float32', shape: [1], data: new Float32Array(1) };

  test.each<[string, Parameters<typeof changed>[1], RegExp]>([
    ['another format', { metadata: { format: 'lora' } }, /"format" must be "engram-concept-table", got "lora"/],
    ['no format', { metadata: { format: undefined } }, /"format" must be .*got none/],
    ['a newer version', { metadata: { format_version: '2' } }, /format_version must be 1\.\.1, got 2\. A newer/],
    ['a version that is no number', { metadata: { format_version: '1.0' } }, /"format_version" must be a whole number, got "1\.0"/],
    ['a missing trigger', { metadata: { trigger: undefined } }, /must have "trigger"/],
    ['a tanh that is neither true nor false', { metadata: { tanh: 'yes' } }, /"tanh" must be one of true, false, got "yes"/],
    ['streams that are no list', { metadata: { streams: '{}' } }, /"streams" must be a JSON list of stream ids/],
    ['streams that are no JSON', { metadata: { streams: '[' } }, /"streams" must be a JSON list/],
    ['a stream named twice', { metadata: { streams: '["clip_l","clip_l"]' } }, /name each stream once/],
    ['a stream without tensors', { metadata: { streams: '["clip_l","t5"]', 't5.width': '4', 't5.tokenizer_hash': 'b'.repeat(64) } }, /tensor "t5\.key_offsets" of int32 \[any\], got none/],
    ['a tensor of no stream', { tensors: (tensors) => [...tensors, extra] }, /no other tensors.*"clip_l\.bias"/],
    ['another width than the vectors', { metadata: { 'clip_l.width': '5' } }, /"clip_l\.vectors" of float32 \[3, 5\], got float32 \[3, 4\]/],
    ['a tokenizer hash that is none', { metadata: { 'clip_l.tokenizer_hash': 'ab' } }, /64 hexadecimal digits/],
    ['offsets that do not begin with 0', { tensors: offsets(1, 2, 4, 7) }, /must begin with 0, got 1/],
    ['offsets that fall', { tensors: offsets(0, 4, 2, 7) }, /must rise from row to row \(row 1\), got 4, 2/],
    ['an empty key', { tensors: offsets(0, 2, 2, 7) }, /must rise from row to row \(row 1\)/],
    ['offsets that end too early', { tensors: offsets(0, 2, 4, 6) }, /must end with the number of key ids, 7, got 6/],
    ['a single offset', { tensors: offsets(0) }, /K \+ 1 >= 2 elements, got 1/],
    ['another number of keys than vectors', { tensors: offsets(0, 2, 7) }, /vectors" of float32 \[2, 4\], got float32 \[3, 4\]/],
    ['a negative id', { tensors: replace('clip_l.key_ids', { data: Int32Array.of(1, 2, 2, -3, 1, 2, 3) }) }, /token ids of row 1/],
    ['ids of another type', { tensors: replace('clip_l.key_ids', { dtype: 'int64', data: new BigInt64Array(7) }) }, /"clip_l\.key_ids" of int32 \[any\], got int64 \[7\]/],
    ['NaN', { tensors: replace('clip_l.vectors', { data: Float32Array.from(randomNumbers(12, 1), (value, index) => (index === 11 ? Number.NaN : value)) }) }, /\(row 2, channel 3\), got NaN/],
  ])('%s', (_, change, message) => {
    const attempt = (): ConceptTable => decodeTable(changed(bytes, change), 'bad.engram.safetensors');
    expect(attempt).toThrowError(AppError);
    expect(attempt).toThrowError(message);
    expect(attempt).toThrowError(/^bad\.engram\.safetensors/);
  });

  test('metadata that is not ours is passed over', () => {
    expect(decodeTable(changed(bytes, { metadata: { 'other.tool': 'x' } }), 'x')).toEqual(table);
  });

  test('damaged files end in an AppError, or in a table that is whole', () => {
    const damage = oneof(
      uint8Array({ maxLength: 64 }),
      tuple(integer({ min: 0, max: bytes.length - 1 }), integer({ min: 0, max: 255 })).map(([position, value]) => Uint8Array.from(bytes, (byte, at) => (at === position ? value : byte))),
      integer({ min: 0, max: bytes.length }).map((length) => bytes.slice(0, length)),
    );
    assert(property(damage, (damaged) => {
      try {
        encodeTable(decodeTable(damaged, 'x'));
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
      }
    }), { numRuns: 500 });
  });
});
