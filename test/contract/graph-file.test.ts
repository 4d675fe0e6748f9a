import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { graphFileSchema, graphJsonSchema, linksOf } from '../../src/contract/graph-file.ts';
import { ROOT } from '../../tools/lib/paths.mjs';

const FOLDER = join(ROOT, 'graphs');
const GRAPHS = readdirSync(FOLDER).filter((name) => name.endsWith('.graph.json'));
const validate = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(graphJsonSchema());

function graphWith(node: Record<string, unknown>): unknown {
  return { format: 'engram-graph', version: 1, nodes: { a: { type: 'Note', version: 1, ...node } } };
}

describe('the published JSON Schema', () => {
  it('is up to date: `npx vitest run test/contract/graph-file.test.ts -u` writes it', async () => {
    await expect(`${JSON.stringify(graphJsonSchema(), undefined, 2)}\n`).toMatchFileSnapshot(join(FOLDER, 'engram-graph.schema.json'));
  });

  it.each(GRAPHS)('accepts %s', (name) => {
    expect(validate(JSON.parse(readFileSync(join(FOLDER, name), 'utf8'))), JSON.stringify(validate.errors)).toBe(true);
  });

  const good: readonly (readonly [string, unknown])[] = [
    ['no nodes', { format: 'engram-graph', version: 1, nodes: {} }],
    ['params and inputs left out', graphWith({})],
    ['fields that are not known', graphWith({ colour: 'red', ui: { x: 1 } })],
    ['several links', graphWith({ inputs: { images: [{ node: 'b', port: 'x' }, { node: 'c', port: 'x' }] } })],
  ];
  const bad: readonly (readonly [string, unknown])[] = [
    ['a list', []],
    ['another format', { format: 'comfy', version: 1, nodes: {} }],
    ['a later version', { format: 'engram-graph', version: 2, nodes: {} }],
    ['no nodes', { format: 'engram-graph', version: 1 }],
    ['a node without a type', { format: 'engram-graph', version: 1, nodes: { a: { version: 1 } } }],
    ['a node id that is no name', { format: 'engram-graph', version: 1, nodes: { '1 a': { type: 'Note', version: 1 } } }],
    ['version 0', graphWith({ version: 0 })],
    ['an object as a param', graphWith({ params: { text: {} } })],
    ['a link without a port', graphWith({ inputs: { image: { node: 'b' } } })],
  ];

  // One schema in two forms: the published one and the one that reads files must agree.
  it.each(good)('accepts %s', (_name, graph) => {
    expect([validate(graph), graphFileSchema.safeParse(graph).success]).toEqual([true, true]);
  });

  it.each(bad)('refuses %s', (_name, graph) => {
    expect([validate(graph), graphFileSchema.safeParse(graph).success]).toEqual([false, false]);
  });
});

describe('linksOf', () => {
  it('gives a list, whatever was written', () => {
    const link = { node: 'a', port: 'x' };
    expect([linksOf(undefined), linksOf(link), linksOf([link, link])]).toEqual([[], [link], [link, link]]);
  });
});
