import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BatchFileInput } from '../../../../src/contract/batch-file.ts';
import { AppError, describeError, type ErrorData } from '../../../../src/contract/errors.ts';
import { BatchFaults, formatBatch, parseBatch, readBatch } from '../../../../src/main/services/batch/read-batch.ts';
import { faultOf } from '../../../support/fault.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

function textOf(more: Record<string, unknown> = {}): string {
  return JSON.stringify({ format: 'engram-batch', version: 1, graph: 'a.graph.json', ...more });
}

function faultsOf(text: string, overrides: readonly string[] = []): readonly ErrorData[] {
  try {
    parseBatch(text, 'x.batch.json', overrides);
  } catch (error) {
    if (error instanceof BatchFaults) return error.faults;
    if (error instanceof AppError) return [error.data];
    throw error;
  }
  return [];
}

function oneAxis(axis: unknown): string {
  return textOf({ groups: [{}, { seed: axis }].slice(1) });
}

describe('every fault says where, which rule, what was got and what is allowed', () => {
  test.each<[string, string]>([
    ['{', 'x.batch.json: must be JSON, got Expected property name or \'}\' in JSON at position 1 [batch.not-json]'],
    ['[]', 'x.batch.json: must be an object with "format": "engram-batch", got []. Is this a batch file of Engram Studio? [batch.not-a-batch]'],
    ['{"format":"engram-graph"}', 'x.batch.json: must be an object with "format": "engram-batch", got "engram-graph". Is this a batch file of Engram Studio? [batch.not-a-batch]'],
    ['{"format":"engram-batch","version":2}', 'x.batch.json: version must be at most 1, got 2. This file was made by a newer Engram Studio; update the program. [batch.newer-version]'],
    [textOf({ grups: [] }), 'x.batch.json: must not have the key "grups". Allowed: $schema, format, version, name, description, graph, set, groups, width, output, sheets, gallery, needs [batch.schema.unknown-key]'],
    [textOf({ output: { fromat: 'png' } }), 'x.batch.json: output must not have the key "fromat". Allowed: name, format, quality, lossless, metadata, quota [batch.schema.unknown-key]'],
    [textOf({ output: { format: 'bmp' } }), 'x.batch.json: output.format must be "png" or "webp" or "avif" or "jpeg", got "bmp" [batch.schema.value]'],
    [textOf({ output: { quality: 101 } }), 'x.batch.json: output.quality must be at most 100, got 101 [batch.schema.size]'],
    [textOf({ output: { quota: '10 parsecs' } }), 'x.batch.json: output.quota must be a size such as "10 GB" or "512 MiB", got "10 parsecs" [batch.schema.form]'],
    [textOf({ width: 'wide' }), 'x.batch.json: width must be "auto", or a number, got "wide" [batch.schema.form]'],
    [textOf({ width: 65 }), 'x.batch.json: width must be at most 64, got 65 [batch.schema.size]'],
    [textOf({ set: { steps: 1 } }), 'x.batch.json: set.steps must have a good name: must have the form NODE.PARAM, got "steps" [batch.schema.name]'],
    [oneAxis({ valeus: [1] }), 'x.batch.json, group 1, axis "seed": values must be a list, or { from, to, step? }, or { seeds, from? }, or { seeds, draw }, or { lines }, or { csv, column, delimiter? }, or { jsonl, column? }, or { folder, kind }, got nothing [batch.schema.form]\n'
      + 'x.batch.json, group 1, axis "seed": must not have the key "valeus". Allowed: set, values, wildcards [batch.schema.unknown-key]'],
    [oneAxis({ values: { csv: 'a.csv', colum: 'x', column: 'y' } }), 'x.batch.json, group 1, axis "seed": values must not have the key "colum". Allowed: csv, column, delimiter [batch.schema.unknown-key]'],
    [oneAxis({ values: { seeds: 2.5 } }), 'x.batch.json, group 1, axis "seed": values.seeds must be a whole number, got 2.5 [batch.schema.type]'],
    [oneAxis({ values: { seeds: 0 } }), 'x.batch.json, group 1, axis "seed": values.seeds must be at least 1, got 0 [batch.schema.size]'],
    [oneAxis({ values: { folder: 'x', kind: 'movies' } }), 'x.batch.json, group 1, axis "seed": values.kind must be "images" or "tables" or "graphs", got "movies" [batch.schema.value]'],
    [oneAxis({ values: [] }), 'x.batch.json, group 1, axis "seed": values must have at least 1 entries, got [] [batch.schema.size]'],
    [oneAxis({ set: 'latent', values: [1] }), 'x.batch.json, group 1, axis "seed": set must have the form NODE.PARAM, or be one of graph, device, memory, got "latent" [batch.schema.form]'],
    [textOf({ groups: [{ '1st': { values: [1] } }] }), 'x.batch.json, group 1, axis "1st": must have a good name: axis names must be a letter, then at most 63 letters, digits, "-" or "_", got "1st" [batch.schema.name]'],
    ['{"format":"engram-batch","version":1,"graph":"a","groups":[{"p":{"values":[1]},"\\u0070":{"values":[2]}}]}', 'x.batch.json: an object must not have a key twice, got "p". The first of them would be lost [batch.key-twice]'],
    ['['.repeat(100_000), 'x.batch.json: must be nested at most 32 deep [batch.not-json]'],
    ['{"format":"engram-batch","version":1,"graph":"a","groups":[{"__proto__":{"values":[1]}}]}', 'x.batch.json: must not have the key "__proto__" [batch.schema.name]'],
  ])('%s', (text, expected) => {
    const told = faultsOf(text).map((fault) => `${describeError(fault)} [${fault.code}]`).join('\n');
    expect(told.replace(' (line 1 column 2)', '')).toBe(expected); // later versions of Node say this too
  });

  test('faults between the parts of a file', () => {
    const values = [1];
    const codes = (more: Record<string, unknown>): string[] => faultsOf(textOf(more)).map(({ code }) => code);
    expect(codes({ groups: [{ a: { values } }, { a: { values } }] })).toEqual(['batch.axis-twice']);
    expect(codes({ groups: [{ row: { values } }] })).toEqual(['batch.axis-name']);
    expect(codes({ groups: [{ graph: { values } }] })).toEqual(['batch.axis-name']);
    expect(codes({ set: { 's.steps': 1 }, groups: [{ a: { set: 's.steps', values } }] })).toEqual(['batch.target-twice']);
    expect(codes({ groups: [{ a: { set: ['s.steps', 's.steps'], values } }] })).toEqual(['batch.target-twice']);
    expect(codes({ graph: undefined })).toEqual(['batch.no-graph']);
    expect(codes({ groups: [{ graph: { set: 'graph', values: ['b'] } }] })).toEqual(['batch.graph-twice']);
    expect(codes({ groups: [{}] })).toEqual(['batch.empty-group']);
    expect(codes({ groups: [{ a: { values } }], sheets: [{ rows: 'a', columns: 'b' }] })).toEqual(['batch.sheet-axis']);
    expect(codes({ groups: [{ a: { values } }], sheets: [{ rows: 'a', columns: 'a' }] })).toEqual(['batch.sheet-axis']);
    expect(codes({ output: { name: '{seed}' } })).toEqual(['batch.template-token']);
    expect(codes({ groups: [{ constructor: { values } }], output: { name: '{constructor}' } })).toEqual([]);
    expect(codes({ groups: [{ row: { values } }, {}], output: { name: '..' } })).toEqual(['batch.axis-name', 'batch.empty-group', 'batch.template']);
  });
});

test('--set texts win over the file, and may not touch what an axis sets', () => {
  const text = textOf({ set: { 's.steps': 1 }, groups: [{ a: { set: 's.seed', values: [1] } }] });
  expect(parseBatch(text, 'x', ['s.steps=30', 'p.text=a=b']).set).toEqual({ 's.steps': '30', 'p.text': 'a=b' });
  expect(faultsOf(text, ['s.seed=3']).map(({ code }) => code)).toEqual(['batch.target-twice']);
  expect(faultsOf(text, ['steps'])).toMatchObject([{ code: 'cli.set-form', where: '--set steps' }]);
});

describe('readBatch', () => {
  test('tells folder and name, through links, with a byte order mark', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'real'));
    await writeFile(join(folder, 'real/night.batch.json'), `\uFEFF${textOf()}`);
    await symlink(join(folder, 'real/night.batch.json'), join(folder, 'link.json'));
    expect(await readBatch(join(folder, 'link.json'))).toMatchObject({ folder: join(folder, 'real'), name: 'night', where: join(folder, 'link.json') });
    await writeFile(join(folder, 'named.json'), textOf({ name: 'My batch' }));
    expect(await readBatch(join(folder, 'named.json'))).toMatchObject({ name: 'My batch' });
  });

  test('names a file that is not there', async () => {
    expect(await faultOf(() => readBatch('/nowhere/x.batch.json'))).toMatchObject({ code: 'batch.unreadable', got: 'ENOENT' });
  });
});

const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,8}$/);
const value = fc.oneof(fc.integer(), fc.boolean(), fc.string(), fc.array(fc.string(), { maxLength: 3 }), fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (Object.is(number, -0) ? 0 : number)));
const source = fc.oneof(
  fc.array(value, { minLength: 1, maxLength: 4 }), fc.record({ from: fc.integer(), to: fc.integer(), step: fc.integer() }), fc.record({ seeds: fc.integer({ min: 1, max: 1e6 }), draw: fc.nat() }),
  fc.record({ lines: fc.string({ minLength: 1 }) }), fc.record({ csv: fc.string({ minLength: 1 }), column: fc.string({ minLength: 1 }) }), fc.record({ folder: fc.string({ minLength: 1 }), kind: fc.constantFrom('images' as const, 'tables' as const) }),
);
/** Good batch files: every axis with a name and target of its own. */
const batchFile = fc.uniqueArray(name, { maxLength: 6, selector: (one) => one.toLowerCase() })
  .filter((names) => !names.some((one) => ['row', 'graph', 'batch', 'constructor'].includes(one)))
  .chain((names) => fc.tuple(fc.constant(names), fc.array(source, { minLength: names.length, maxLength: names.length }), fc.array(fc.boolean(), { minLength: names.length, maxLength: names.length })))
  .map(([names, sources, breaks]): BatchFileInput => {
    const groups: NonNullable<BatchFileInput['groups']> = [];
    names.forEach((one, index) => {
      if (groups.length === 0 || breaks[index] === true) groups.push({});
      (groups.at(-1) as Record<string, unknown>)[one] = { set: `node.${one}`, values: sources[index] };
    });
    return { format: 'engram-batch', version: 1, graph: 'a', groups };
  });

test('parse(write(x)) = x', () => {
  fc.assert(fc.property(batchFile, (file) => {
    const batch = parseBatch(JSON.stringify(file), 'x');
    expect(parseBatch(formatBatch(batch), 'x')).toEqual(batch);
    expect(batch.groups.map((group) => Object.keys(group))).toEqual((file.groups ?? []).map((group) => Object.keys(group)));
  }));
});

test('any JSON is read or refused as input', () => {
  const almost = fc.tuple(batchFile, fc.string(), fc.jsonValue()).map(([file, key, extra]) => ({ ...file, [key]: extra, groups: [...(file.groups ?? []), extra] }));
  fc.assert(fc.property(fc.oneof(fc.jsonValue(), almost), (raw) => {
    for (const fault of faultsOf(JSON.stringify(raw))) expect(fault).toMatchObject({ kind: 'input', where: expect.stringContaining('x.batch.json') as string });
  }));
});
