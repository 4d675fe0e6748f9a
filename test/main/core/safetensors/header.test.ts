import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../src/contract/errors.ts';
import { headerByteLength, parseSafetensorsHeader } from '../../../../src/main/core/safetensors/header.ts';

const REFERENCE = new URL('../../../fixtures/reference/safetensors/', import.meta.url);

/** A file made of a header text and `dataLength` zero bytes. */
function file(header: string | Uint8Array, dataLength = 0, statedLength?: bigint): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + dataLength);
  new DataView(bytes.buffer).setBigUint64(0, statedLength ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

function parse(header: string | Uint8Array, dataLength = 0, statedLength?: bigint): ReturnType<typeof parseSafetensorsHeader> {
  const bytes = file(header, dataLength, statedLength);
  return parseSafetensorsHeader(bytes, bytes.length, 'model.safetensors');
}

/** The code of the AppError that `action` throws. */
function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof AppError) return error.data.code;
    throw error;
  }
  return 'nothing thrown';
}

const entry = (dtype: string, shape: unknown, begin: unknown, end: unknown): string => JSON.stringify({ dtype, shape, data_offsets: [begin, end] });

describe('the header of a safetensors file', () => {
  it('lists what the reference library wrote, with offsets from the start of the file', () => {
    const bytes = readFileSync(new URL('all-types.safetensors', REFERENCE));
    const index = parseSafetensorsHeader(bytes, bytes.length, 'all-types');
    expect(index.metadata).toEqual(new Map([['format', 'pt']]));
    expect(index.tensors.size).toBe(19);
    expect(index.tensors.get('a.weight')).toMatchObject({ dtype: 'float32', shape: [2, 3], length: 24 });
    expect(index.tensors.get('scalar')).toMatchObject({ shape: [], length: 4 });
    expect(index.tensors.get('empty')).toMatchObject({ shape: [0, 4], length: 0 });
    const scalar = index.tensors.get('scalar');
    expect(bytes.readFloatLE(scalar?.offset)).toBe(7.25);
    expect([...index.tensors.values()].filter(({ name }) => name.startsWith('z_')).map(({ dtype }) => dtype).sort()).toEqual(
      ['bfloat16', 'bool', 'float16', 'float32', 'float64', 'int16', 'int32', 'int64', 'int8', 'uint8'],
    );
  });

  it('tells from the first 8 bytes how many to read', () => {
    expect(headerByteLength(file('{}    ', 0), 14, 'x')).toBe(14);
  });

  it('accepts a file without tensors', () => {
    expect(parse('{}').tensors.size).toBe(0);
  });

  it('accepts tensors in any order, spaces after the header, and empty tensors', () => {
    const index = parse(`{"b":${entry('I8', [2], 4, 6)},"e":${entry('F32', [0], 4, 4)},"a":${entry('F32', [], 0, 4)}}   `, 6);
    expect([...index.tensors.keys()].sort()).toEqual(['a', 'b', 'e']);
  });

  const good = entry('F32', [1], 0, 4);
  const cases: [string, string, () => unknown][] = [
    ['fewer than 8 bytes', 'truncated', () => parseSafetensorsHeader(new Uint8Array(7), 7, 'x')],
    ['a length beyond the file', 'header-length', () => parse('{}', 0, 3n)],
    ['a length beyond 2^53', 'header-length', () => parse('{}', 0, 2n ** 63n)],
    ['a length above 100 MB', 'header-length', () => headerByteLength(file('{}', 0, 100_000_001n), 1e12, 'x')],
    ['a length of zero', 'header-length', () => parse('', 8, 0n)],
    ['a header that is cut', 'truncated', () => parseSafetensorsHeader(file('{}').subarray(0, 9), 10, 'x')],
    ['a space before the brace', 'header-text', () => parse(' {}')],
    ['a byte order mark', 'header-text', () => parse('\uFEFF{}')],
    ['a list', 'header-text', () => parse('[]')],
    ['text after the object', 'header-text', () => parse('{}x')],
    ['invalid UTF-8', 'header-text', () => parse(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d))],
    ['deep nesting', 'header-text', () => parse(`{"a":${'['.repeat(100_000)}`)],
    ['the same tensor twice', 'duplicate-key', () => parse(`{"a":${good},"a":${good}}`, 4)],
    ['the same tensor twice, once escaped', 'duplicate-key', () => parse(`{"a":${good},"\\u0061":${good}}`, 4)],
    ['the same metadata key twice', 'duplicate-key', () => parse('{"__metadata__":{"k":"1","k":"2"}}')],
    ['the same entry key twice', 'duplicate-key', () => parse('{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4)],
    ['metadata that is not an object', 'metadata', () => parse('{"__metadata__":[]}')],
    ['metadata that is not text', 'metadata', () => parse('{"__metadata__":{"k":1}}')],
    ['a tensor named __proto__', 'name', () => parse(`{"__proto__":${good}}`, 4)],
    ['a metadata key __proto__', 'name', () => parse('{"__metadata__":{"__proto__":"1"}}')],
    ['half a surrogate pair', 'name', () => parse(`{"\\ud800":${good}}`, 4)],
    ['an entry that is not an object', 'entry', () => parse('{"a":3}')],
    ['an entry without a shape', 'entry', () => parse('{"a":{"dtype":"F32","data_offsets":[0,4]}}', 4)],
    ['an entry with more keys', 'entry', () => parse('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}', 4)],
    ['an 8-bit float', 'dtype', () => parse(`{"a":${entry('F8_E4M3', [1], 0, 1)}}`, 1)],
    ['an inherited name as dtype', 'dtype', () => parse(`{"a":${entry('constructor', [1], 0, 1)}}`, 1)],
    ['a negative dimension', 'entry', () => parse(`{"a":${entry('F32', [-1], 0, 4)}}`, 4)],
    ['half a dimension', 'entry', () => parse(`{"a":${entry('F32', [0.5], 0, 2)}}`, 2)],
    ['a dimension beyond 2^53', 'entry', () => parse(`{"a":${entry('F32', [2 ** 53], 0, 4)}}`, 4)],
    ['a product that overflows', 'size', () => parse(`{"a":${entry('F32', [2 ** 32, 2 ** 32], 0, 4)}}`, 4)],
    ['a product that overflows before a zero', 'size', () => parse(`{"a":${entry('F32', [2 ** 32, 2 ** 32, 0], 0, 0)}}`)],
    ['three offsets', 'entry', () => parse('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}', 4)],
    ['a size that disagrees', 'size', () => parse(`{"a":${entry('F32', [2], 0, 4)}}`, 4)],
    ['an end before the beginning', 'size', () => parse(`{"a":${entry('F32', [1], 4, 0)}}`, 4)],
    ['an end outside the file', 'range', () => parse(`{"a":${entry('F32', [2], 0, 8)}}`, 4)],
    ['an overlap', 'overlap', () => parse(`{"a":${entry('F32', [2], 0, 8)},"b":${entry('F32', [1], 4, 8)}}`, 8)],
    ['two tensors on the same bytes', 'overlap', () => parse(`{"a":${good},"b":${good}}`, 4)],
    ['a hole between tensors', 'hole', () => parse(`{"a":${good},"b":${entry('F32', [1], 8, 12)}}`, 12)],
    ['a hole at the start', 'hole', () => parse(`{"a":${entry('F32', [1], 4, 8)}}`, 8)],
    ['bytes after the last tensor', 'hole', () => parse(`{"a":${good}}`, 5)],
  ];
  it.each(cases)('refuses %s', (_title, code, action) => {
    expect(codeOf(action)).toBe(`safetensors.${code}`);
  });

  it('says file, tensor, rule and value', () => {
    expect(() => parse(`{"down.weight":${entry('F8_E5M2', [1], 0, 1)}}`, 1)).toThrow(
      /^model\.safetensors tensor "down\.weight": dtype must be one of BOOL, .*I64, got "F8_E5M2"\./,
    );
  });

  it('reads a header of 20,000 tensors in linear time', () => {
    const entries = Array.from({ length: 20_000 }, (_, index) => `"layers.${index}.weight":${entry('F32', [1], index * 4, index * 4 + 4)}`);
    const start = performance.now();
    expect(parse(`{${entries.join(',')}}`, 80_000).tensors.size).toBe(20_000);
    expect(performance.now() - start).toBeLessThan(10_000); // a quadratic scan takes minutes
  });

  it('never throws anything but an AppError, whatever the bytes', () => {
    const bytes = readFileSync(new URL('all-types.safetensors', REFERENCE));
    const end = headerByteLength(bytes, bytes.length, 'x');
    const change = fc.tuple(fc.nat(end - 1), fc.nat(255));
    fc.assert(fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.option(fc.nat(bytes.length)), (changes, cut) => {
      const damaged = Uint8Array.from(bytes.subarray(0, cut ?? bytes.length));
      for (const [at, value] of changes) if (at < damaged.length) damaged[at] = value;
      try {
        const index = parseSafetensorsHeader(damaged, damaged.length, 'damaged');
        for (const { offset, length } of index.tensors.values()) expect(offset + length).toBeLessThanOrEqual(damaged.length);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
      }
    }), { numRuns: 2000 });
  });

  it('never throws anything but an AppError, whatever the JSON', () => {
    fc.assert(fc.property(fc.json(), fc.nat(64), (json, dataLength) => {
      try {
        parse(json, dataLength);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
      }
    }), { numRuns: 500 });
  });
});
