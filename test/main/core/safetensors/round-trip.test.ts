import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DATA_TYPES, type DataType } from '../../../../src/main/core/ir/types.ts';
import { storedTypeOf, typedArrayFromBytes } from '../../../../src/main/core/safetensors/dtypes.ts';
import { float32ToBfloat16, float32ToFloat16 } from '../../../../src/main/core/safetensors/half.ts';
import { parseSafetensorsHeader } from '../../../../src/main/core/safetensors/header.ts';
import { readTensor, toFloat32 } from '../../../../src/main/core/safetensors/read.ts';
import { writeSafetensors, type NamedTensor } from '../../../../src/main/core/safetensors/write.ts';

const REFERENCE = new URL('../../../fixtures/reference/safetensors/', import.meta.url);

function readAll(bytes: Uint8Array): { tensors: NamedTensor[]; metadata: Record<string, string> } {
  const index = parseSafetensorsHeader(bytes, bytes.length, 'file');
  const tensors = [...index.tensors.keys()].map((name) => ({ name, ...readTensor(index, name, bytes, 'file') }));
  return { tensors, metadata: Object.fromEntries(index.metadata) };
}

function byName(tensors: readonly NamedTensor[]): NamedTensor[] {
  return [...tensors].sort((a, b) => (a.name < b.name ? -1 : 1));
}

const nameArbitrary = fc.string({ unit: 'binary', maxLength: 12 }).filter((name) => name !== '__proto__' && name !== '__metadata__');
const tensorArbitrary = fc
  .record({ name: nameArbitrary, dtype: fc.constantFrom(...DATA_TYPES), shape: fc.array(fc.nat(4), { maxLength: 4 }) })
  .chain(({ name, dtype, shape }) => {
    const length = storedTypeOf(dtype).size * shape.reduce((product, dimension) => product * dimension, 1);
    return fc.uint8Array({ minLength: length, maxLength: length }).map((bytes): NamedTensor => ({ name, dtype, shape, data: typedArrayFromBytes(dtype, bytes) }));
  });
const fileArbitrary = fc.record({
  tensors: fc.uniqueArray(tensorArbitrary, { maxLength: 8, selector: ({ name }) => name }),
  metadata: fc.dictionary(nameArbitrary, fc.string({ unit: 'binary' }), { maxKeys: 4, noNullPrototype: true }),
});

/** Bytes, so that NaN payloads count too. */
function asBytes({ name, dtype, shape, data }: NamedTensor): unknown {
  return { name, dtype, shape, bytes: [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)] };
}

describe('writing and reading back', () => {
  it('gives what was written, from any order of tensors', () => {
    fc.assert(fc.property(fileArbitrary, ({ tensors, metadata }) => {
      const bytes = writeSafetensors(tensors, metadata);
      const back = readAll(bytes);
      expect(byName(back.tensors).map(asBytes)).toEqual(byName(tensors).map(asBytes));
      expect(back.metadata).toEqual(metadata);
      expect(writeSafetensors([...tensors].reverse(), metadata)).toEqual(bytes);
      expect(new DataView(bytes.buffer).getUint32(0, true) % 8).toBe(0);
    }), { numRuns: 300 });
  });

  it('gives the reference library\'s own bytes', () => {
    const bytes = readFileSync(new URL('all-types.safetensors', REFERENCE));
    const { tensors, metadata } = readAll(bytes);
    expect(Buffer.from(writeSafetensors(byName(tensors), metadata)).equals(bytes)).toBe(true);
  });

  it('aligns every tensor to its own element size', () => {
    const tensors = DATA_TYPES.map((dtype, index): NamedTensor => ({ name: `t${index}`, dtype, shape: [1], data: typedArrayFromBytes(dtype, new Uint8Array(storedTypeOf(dtype).size)) }));
    const bytes = writeSafetensors(tensors, {});
    for (const { dtype, offset } of parseSafetensorsHeader(bytes, bytes.length, 'x').tensors.values()) expect(offset % storedTypeOf(dtype).size).toBe(0);
  });

  const one = (name: string): NamedTensor => ({ name, dtype: 'float32', shape: [1], data: new Float32Array(1) });
  it.each([
    ['the same name twice', () => writeSafetensors([one('a'), one('a')], {}), /a tensor's name must be unique, got "a"/],
    ['__metadata__ as a name', () => writeSafetensors([one('__metadata__')], {}), /must not be the key of the metadata/],
    ['half a surrogate pair', () => writeSafetensors([one('\ud800')], {}), /well-formed Unicode/],
    ['half a surrogate pair in metadata', () => writeSafetensors([], { k: '\udc00' }), /well-formed Unicode/],
    ['data that are too long', () => writeSafetensors([{ ...one('a'), data: new Float32Array(2) }], {}), /must be 1 elements of 4 bytes, got 2 elements/],
    ['data of another width', () => writeSafetensors([{ ...one('a'), data: new Uint16Array(1) }], {}), /got 1 elements of 2 bytes/],
  ])('refuses to write %s', (_title, action, message) => {
    expect(action).toThrow(message);
  });

  it('refuses a tensor that is not there, naming those that are', () => {
    const bytes = writeSafetensors([one('a')], {});
    const index = parseSafetensorsHeader(bytes, bytes.length, 'x');
    expect(() => readTensor(index, 'b', bytes, 'unet')).toThrow('unet: must have a tensor "b", got ["a"]');
    expect(() => readTensor(index, 'a', bytes.subarray(0, bytes.length - 1), 'unet')).toThrow('must have 4 bytes, got 3');
  });
});

describe('the 16-bit floats', () => {
  const { tensors } = readAll(readFileSync(new URL('halves.safetensors', REFERENCE)));
  const data = (name: string): NamedTensor['data'] => tensors.find((tensor) => tensor.name === name)!.data;
  const values = data('float32') as Float32Array;

  it('round from float32 exactly as torch rounds', () => {
    expect(float32ToFloat16(values)).toEqual(data('float16'));
    expect(float32ToBfloat16(values)).toEqual(data('bfloat16'));
  });

  it('widen every bit pattern by its definition', () => {
    const bits = Uint16Array.from({ length: 65536 }, (_, index) => index);
    const half = toFloat32({ dtype: 'float16', shape: [65536], data: bits }, 'x').data;
    const brain = toFloat32({ dtype: 'bfloat16', shape: [65536], data: bits }, 'x').data;
    const view = new DataView(new ArrayBuffer(4));
    for (let index = 0; index < 65536; index += 1) {
      const exponent = (index >> 10) & 31;
      const fraction = index & 1023;
      const sign = index >= 32768 ? -1 : 1;
      const finite = exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
      const infinite = fraction === 0 ? sign * Infinity : NaN;
      expect(Object.is(half[index], exponent === 31 ? infinite : finite), `float16 0x${index.toString(16)}`).toBe(true);
      view.setUint32(0, index * 65536);
      expect(Object.is(brain[index], view.getFloat32(0)), `bfloat16 0x${index.toString(16)}`).toBe(true);
    }
    expect(toFloat32({ dtype: 'float16', shape: [1], data: Uint16Array.of(0x7c00) }, 'x').data[0]).toBe(Infinity);
  });

  it('come back from float32 unchanged', () => {
    const finite = Uint16Array.from({ length: 65536 }, (_, index) => index).filter((bits) => (bits & 0x7c00) !== 0x7c00);
    expect(float32ToFloat16(toFloat32({ dtype: 'float16', shape: [finite.length], data: finite }, 'x').data)).toEqual(finite);
    expect([...float32ToFloat16(Float32Array.of(NaN))]).toEqual([0x7e00]);
    expect([...float32ToBfloat16(Float32Array.of(NaN))]).toEqual([0x7fc0]);
  });

  it('widen float64 by rounding and refuse integers', () => {
    expect(toFloat32({ dtype: 'float64', shape: [1], data: Float64Array.of(0.1) }, 'x').data[0]).toBe(Math.fround(0.1));
    const dtype: DataType = 'int32';
    expect(() => toFloat32({ dtype, shape: [1], data: Int32Array.of(1) }, 'vectors')).toThrow('vectors: must hold floating-point numbers, got int32');
  });
});
