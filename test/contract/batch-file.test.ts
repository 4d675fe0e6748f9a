import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { batchFileSchema, batchJsonSchema, sizeInBytes } from '../../src/contract/batch-file.ts';
import { ROOT } from '../../tools/lib/paths.mjs';

const FOLDER = join(ROOT, 'graphs');
const BATCHES = readdirSync(FOLDER).filter((name) => name.endsWith('.batch.json'));
const validate = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(batchJsonSchema());

function batch(more: Record<string, unknown> = {}): unknown {
  return { format: 'engram-batch', version: 1, graph: 'a.graph.json', ...more };
}

function axis(values: unknown, more: Record<string, unknown> = {}): unknown {
  return batch({ groups: [{ seed: { set: 'latent.seeds', values, ...more } }] });
}

describe('the published JSON Schema', () => {
  it('is up to date: `npx vitest run test/contract/batch-file.test.ts -u` writes it', async () => {
    await expect(`${JSON.stringify(batchJsonSchema(), undefined, 2)}\n`).toMatchFileSnapshot(join(FOLDER, 'engram-batch.schema.json'));
  });

  it('has batch files to be tried on', () => {
    expect(BATCHES).toContain('render.batch.json');
  });

  it.each(BATCHES)('accepts %s', (name) => {
    expect(validate(JSON.parse(readFileSync(join(FOLDER, name), 'utf8'))), JSON.stringify(validate.errors)).toBe(true);
  });

  const good: readonly (readonly [string, unknown])[] = [
    ['no axes', batch()],
    ['a list', axis([1, 'two', true, ['a', 'b'], [1, 2]])],
    ['a range', axis({ from: 1, to: 0, step: -0.25 })],
    ['a range without a step', axis({ from: 1, to: 4 })],
    ['seeds', axis({ seeds: 4 })],
    ['drawn seeds', axis({ seeds: 4, draw: 7 })],
    ['lines', axis({ lines: 'a.txt' }, { wildcards: 'all' })],
    ['a CSV column', axis({ csv: 'a.csv', column: 'seed', delimiter: ';' })],
    ['JSON lines', axis({ jsonl: 'a.jsonl' })],
    ['a folder', axis({ folder: 'models:tables', kind: 'tables' })],
    ['drawn wildcards', axis(['{a|b}'], { wildcards: { draw: 3, seed: 1 } })],
    ['an axis that sets nothing', batch({ groups: [{ name: { values: ['x'] } }] })],
    ['an axis of graphs', batch({ graph: undefined, groups: [{ graph: { set: 'graph', values: ['a', 'b'] } }] })],
    ['everything about outputs', batch({ output: { name: '{row}', format: 'avif', quality: 50, lossless: false, metadata: 'none', quota: '1.5 GiB' }, sheets: [{ rows: 'a', columns: 'b' }], gallery: false, needs: { device: 'cuda', memory: '6 GB' }, width: 4 })],
  ];
  const bad: readonly (readonly [string, unknown])[] = [
    ['a list', []],
    ['another format', { format: 'engram-graph', version: 1 }],
    ['a later version', { format: 'engram-batch', version: 2 }],
    ['a key that is not known', batch({ grups: [] })],
    ['a target without a node', batch({ set: { steps: 1 } })],
    ['an axis name that is no name', batch({ groups: [{ '1a': { values: [1] } }] })],
    ['an empty list', axis([])],
    ['an object as a value', axis([{}])],
    ['no seeds', axis({ seeds: 0 })],
    ['a million and one seeds', axis({ seeds: 1_000_001 })],
    ['counted and drawn seeds at once', axis({ seeds: 1, from: 0, draw: 1 })],
    ['a range without an end', axis({ from: 1 })],
    ['two sources at once', axis({ lines: 'a', csv: 'b', column: 'c' })],
    ['a folder of something', axis({ folder: 'a', kind: 'movies' })],
    ['wildcards of another kind', axis(['a'], { wildcards: 'some' })],
    ['a width of 0', batch({ width: 0 })],
    ['a size without a unit that is known', batch({ output: { quota: '10 parsecs' } })],
    ['a format that is not written', batch({ output: { format: 'bmp' } })],
  ];

  // One schema in two forms: the published one and the one that reads files must agree.
  it.each(good)('accepts %s', (_name, file) => {
    const plain = JSON.parse(JSON.stringify(file)) as unknown;
    expect([validate(plain), batchFileSchema.safeParse(plain).success], JSON.stringify(validate.errors)).toEqual([true, true]);
  });

  it.each(bad)('refuses %s', (_name, file) => {
    expect([validate(file), batchFileSchema.safeParse(file).success]).toEqual([false, false]);
  });
});

describe('sizeInBytes', () => {
  it.each([[1234, 1234], ['10 GB', 1e10], ['10GB', 1e10], ['512 MiB', 512 * 2 ** 20], ['1.5 kB', 1500], ['2 TiB', 2 * 2 ** 40], ['7 B', 7], ['1.001 KiB', 1025]] as const)('%s is %d bytes', (size, bytes) => {
    expect(sizeInBytes(size)).toBe(bytes);
  });
});
