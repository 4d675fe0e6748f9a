import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { graphText } from '../../src/contract/graph-text.ts';
import { parseGraph } from '../../src/main/runtime/read-graph.ts';
import { parseDocument } from '../../src/main/services/studio/graph-text.ts';
import { ROOT } from '../../tools/lib/paths.mjs';

const FOLDERS = ['graphs', ...readdirSync(join(ROOT, 'test/fixtures/graphs')).map((version) => `test/fixtures/graphs/${version}`)];
const FILES = FOLDERS.flatMap((folder) => readdirSync(join(ROOT, folder)).filter((name) => name.endsWith('.graph.json')).map((name) => `${folder}/${name}`));

describe('graphText', () => {
  it.each(FILES)('gives %s back in the order that it has, indented', (path) => {
    const text = readFileSync(join(ROOT, path), 'utf8');
    expect(graphText(parseDocument(text, path))).toBe(`${JSON.stringify(JSON.parse(text), undefined, 2)}\n`);
  });

  it('has one order of fields, however they came about; unknown ones follow', () => {
    const node = { ui: { a: 1 }, inputs: {}, future: 1, mode: 'mute' as const, params: { b: 1, a: 2 }, title: 'T', version: 1, type: 'X' };
    const text = graphText({ later: true, ui: {}, nodes: { n: node }, version: 1, format: 'engram-graph', subgraphs: { s: { nodes: { m: node }, params: {}, outputs: {}, inputs: {}, title: 'S' } } });
    const read = JSON.parse(text) as { nodes: { n: object }; subgraphs: { s: { nodes: { m: object } } } };
    expect(Object.keys(read)).toEqual(['format', 'version', 'nodes', 'subgraphs', 'ui', 'later']);
    expect(Object.keys(read.nodes.n)).toEqual(['type', 'version', 'title', 'mode', 'params', 'inputs', 'ui', 'future']);
    expect(Object.keys(read.subgraphs.s)).toEqual(['title', 'inputs', 'outputs', 'params', 'nodes']);
    expect(text.indexOf('"b": 1')).toBeLessThan(text.indexOf('"a": 2'));
    expect(graphText(parseGraph(text, 'x.graph.json'))).toBe(text);
  });

  it('can leave out what a file may leave out, in sub-graphs too, when it is opened for editing', () => {
    const bare = { type: 'X', version: 1 };
    const opened = parseDocument(JSON.stringify({ format: 'engram-graph', version: 1, nodes: { n: bare }, subgraphs: { s: { nodes: { m: bare } } } }), 'bare.graph.json');
    expect(opened).toEqual({ format: 'engram-graph', version: 1, nodes: { n: { ...bare, params: {}, inputs: {} } }, subgraphs: { s: { inputs: {}, outputs: {}, params: {}, nodes: { m: { ...bare, params: {}, inputs: {} } } } } });
  });
});
