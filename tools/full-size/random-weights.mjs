/**
 * Weight files of random values, written tensor by tensor: a model of any size takes a few megabytes of memory to make.
 */
import { closeSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Values that a tensor repeats; a prime, so that no two rows of a matrix are equal. */
const PERIOD = 65_521;

/** @typedef {{ name: string, shape: readonly number[] }} WeightShape */

/** How a number is stored. @type {Record<'F32' | 'F16', { bytes: number, encode: (values: Float32Array) => Uint8Array }>} */
const DTYPES = {
  F32: { bytes: 4, encode: (values) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength) },
  F16: { bytes: 2, encode: (values) => new Uint8Array(Uint16Array.from(values, halfBits).buffer) },
};

/**
 * Writes a safetensors file: norms' weights near one, biases near zero, everything else with the spread that keeps activations in size.
 *
 * @param {string} path The file; it appears when it is complete.
 * @param {readonly WeightShape[]} weights Every tensor.
 * @param {{ dtype?: 'F32' | 'F16', seed?: number }} [options]
 */
export function writeRandomWeights(path, weights, { dtype = 'F32', seed = 1 } = {}) {
  const { bytes, encode } = DTYPES[dtype];
  /** @type {Record<string, unknown>} */
  const header = { __metadata__: { format: 'pt' } };
  let end = 0;
  for (const { name, shape } of weights) {
    const start = end;
    end += count(shape) * bytes;
    header[name] = { dtype, shape, data_offsets: [start, end] };
  }
  const text = Buffer.from(JSON.stringify(header));
  const padded = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  const file = openSync(temporary, 'w');
  writeAll(file, length);
  writeAll(file, padded);
  const normal = normals(seed);
  for (const weight of weights) writeTensor(file, weight, bytes, (values) => encode(values), normal);
  closeSync(file);
  renameSync(temporary, path);
}

/**
 * @param {number} file
 * @param {WeightShape} weight
 * @param {number} bytes Of one value.
 * @param {(values: Float32Array) => Uint8Array} encode
 * @param {() => number} normal
 */
function writeTensor(file, { name, shape }, bytes, encode, normal) {
  const { mean, spread } = statistics(name, shape);
  const total = count(shape);
  const period = Float32Array.from({ length: Math.min(total, PERIOD) }, () => mean + spread * normal());
  const block = encode(period);
  let left = total * bytes;
  // Several periods at once: fewer, larger writes.
  const chunk = left > block.length * 16 ? Buffer.concat(Array(16).fill(block)) : block;
  while (left > 0) {
    writeAll(file, left < chunk.length ? chunk.subarray(0, left) : chunk);
    left -= Math.min(left, chunk.length);
  }
}

/**
 * @param {string} name
 * @param {readonly number[]} shape
 * @returns {{ mean: number, spread: number }}
 */
function statistics(name, shape) {
  if (name.endsWith('bias')) return { mean: 0, spread: 0.05 };
  if (shape.length === 1) return { mean: 1, spread: 0.1 };
  if (name.includes('embedding') && !name.includes('linear')) return { mean: 0, spread: 0.5 };
  return { mean: 0, spread: 1 / Math.sqrt(count(shape.slice(1))) };
}

/** @param {readonly number[]} shape */
function count(shape) {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * Standard normal numbers (xorshift32, Box and Muller).
 *
 * @param {number} seed
 * @returns {() => number}
 */
function normals(seed) {
  let state = seed * 2_654_435_761 >>> 0 || 1;
  const uniform = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) + 1) / 4_294_967_297;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

/**
 * IEEE half-precision bits of a number below 65504 in size, rounded to nearest; what is too small for a normal number becomes zero.
 *
 * @param {number} value
 */
function halfBits(value) {
  const size = Math.abs(value);
  const sign = value < 0 ? 0x8000 : 0;
  if (size < 2 ** -14) return sign;
  const exponent = Math.floor(Math.log2(size));
  // A fraction that rounds up to 1024 carries into the exponent, as it should.
  return sign | (((exponent + 15) << 10) + Math.round((size / 2 ** exponent - 1) * 1024));
}

/**
 * @param {number} file
 * @param {Uint8Array} bytes
 */
function writeAll(file, bytes) {
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
}
