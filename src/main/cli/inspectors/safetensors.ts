import { createHash } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';
import { headerByteLength, LENGTH_BYTES, parseSafetensorsHeader, type SafetensorsIndex } from '../../core/safetensors/header.ts';
import { decodeTable, isTableFile } from '../../engram/table-file.ts';
import type { ConceptTable } from '../../engram/table.ts';
import type { Findings, Inspector } from './inspector.ts';

async function readHeader(path: string): Promise<SafetensorsIndex> {
  const { size } = await stat(path);
  const file = await open(path);
  try {
    const first = new Uint8Array(Math.min(LENGTH_BYTES, size));
    await file.read(first, 0, first.length, 0);
    const header = new Uint8Array(headerByteLength(first, size, path));
    await file.read(header, 0, header.length, 0);
    return parseSafetensorsHeader(header, size, path);
  } finally {
    await file.close();
  }
}

function rootMeanSquare(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

function describeTable(table: ConceptTable, sha256: string): Findings {
  const streams = table.streams.map(({ stream, keys, width, vectors, scale, tokenizerHash }) => [stream, {
    rows: keys.length, width, tokenizer: tokenizerHash,
    vectorNorms: Array.from(keys, (_, row) => Math.hypot(...vectors.subarray(row * width, (row + 1) * width))).map((norm) => Number(norm.toPrecision(4))),
    scaleRms: Number(rootMeanSquare(scale).toPrecision(4)),
  }] as const);
  const { trigger, maxN, family, settings, provenance, licence } = table;
  return { kind: 'concept table', facts: { trigger, maxN, family, ...settings, licence: licence ?? '', thumbnail: table.thumbnail !== undefined, sha256, streams: Object.fromEntries(streams), provenance } };
}

export const safetensorsInspector: Inspector = {
  kind: 'safetensors',
  recognizes: (path, isFolder) => Promise.resolve(!isFolder && path.toLowerCase().endsWith('.safetensors')),
  async inspect(path) {
    const index = await readHeader(path);
    if (isTableFile(index)) {
      const bytes = await readFile(path);
      return describeTable(decodeTable(bytes, path), createHash('sha256').update(bytes).digest('hex'));
    }
    const parameters = [...index.tensors.values()].reduce((sum, { shape }) => sum + shape.reduce((product, dimension) => product * dimension, 1), 0);
    const tensors = [...index.tensors.values()].map(({ name, dtype, shape }) => [name, `${dtype} [${shape.join(', ')}]`] as const);
    return { kind: 'safetensors', facts: { bytes: index.fileLength, parameters, metadata: Object.fromEntries(index.metadata), tensors: Object.fromEntries(tensors) } };
  },
};
