import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GraphFile } from '../../../../src/contract/graph-file.ts';
import type { BatchRowRecord } from '../../../../src/contract/batch-events.ts';
import { manifestCsv, manifestLines, writeManifest, type ManifestLine } from '../../../../src/main/services/batch/manifest.ts';
import { doneRecord, planOf, type BatchShape } from '../../../support/batch-records.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const SECRET = 'my secret, "quoted" prompt\nwith two lines';
const shape: BatchShape = { groups: [{ prompt: [SECRET, 'a fox'] }, { seed: ['1', '2'] }] };

function recordsOf(plan: ReturnType<typeof planOf>): BatchRowRecord[] {
  const [a, b, c, d] = plan.rows;
  return [
    doneRecord(d!, ['d.png', 'd-2.png']), doneRecord(a!, ['a/a.png']), { row: b!, state: 'failed', attempts: 3, error: { code: 'toy.broken', kind: 'run', where: 'Sample', rule: `must not be ${SECRET}` } },
    { row: c!, state: 'waiting', attempts: 0 },
  ];
}

/** A reader of RFC 4180, of the test's own. */
function parseCsv(text: string): string[][] {
  return text.split(/\r\n(?=(?:[^"]*"[^"]*")*[^"]*$)/).filter((line) => line !== '').map((line) => [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? ''));
}

describe('the manifest', () => {
  test('has a line per file in the order of the batch, and one for every row without', () => {
    const plan = planOf(shape);
    const lines = manifestLines(plan, recordsOf(plan));
    expect(lines.map(({ row, state, file, labels }) => [row, state, file, labels['seed']])).toEqual([
      [0, 'done', 'a/a.png', '1'], [1, 'failed', null, '2'], [2, 'waiting', null, '1'], [3, 'done', 'd.png', '2'], [3, 'done', 'd-2.png', '2'],
    ]);
    expect(lines[0]).toEqual({
      row: 0, state: 'done', labels: { prompt: SECRET, seed: '1' }, file: 'a/a.png', kind: 'image', node: 'save', bytes: 100, sha256: '0000'.padEnd(64, '1'), pixels: 'b'.repeat(64), contentKey: 'c'.repeat(64),
      seconds: 1.235, device: 'cpu test', attempts: 1, error: null,
    });
    expect(lines[1]?.error).toContain('must not be');
  });

  test('is written as JSONL and CSV that say the same', async () => {
    const plan = planOf(shape);
    const folder = await temporaryFolder();
    const [jsonl, csv] = await writeManifest(folder, plan, recordsOf(plan));
    const lines = (await readFile(jsonl!, 'utf8')).trimEnd().split('\n').map((line) => JSON.parse(line) as ManifestLine);
    expect(lines).toEqual(manifestLines(plan, recordsOf(plan)));
    const [head, ...cells] = parseCsv(await readFile(csv!, 'utf8'));
    expect(head?.slice(0, 5)).toEqual(['row', 'state', 'axis:prompt', 'axis:seed', 'file']);
    expect(cells.map((line) => [line[0], line[2], line[4]])).toEqual(lines.map(({ row, labels, file }) => [String(row), labels['prompt'], file ?? '']));
  });

  test('any text survives CSV, but that a formula of a spreadsheet becomes text', () => {
    fc.assert(fc.property(fc.array(fc.string({ unit: 'grapheme-ascii', maxLength: 12 }), { minLength: 1, maxLength: 4 }), (values) => {
      const lines = values.map((value): ManifestLine => ({ ...manifestLines(planOf(shape), [])[0]!, row: 0, state: 'done', labels: { a: value }, file: null, kind: null, node: null, bytes: null, sha256: null, pixels: null, contentKey: null, seconds: null, device: null, attempts: 0, error: null }));
      const read = parseCsv(manifestCsv(['a'], lines)).slice(1).map((cells) => cells[2] ?? '');
      values.forEach((value, index) => { expect([value, `'${value}`]).toContain(read[index]); });
    }));
    const csv = (value: string): string => parseCsv(manifestCsv([value], []))[0]?.[2] ?? '';
    expect(csv('x')).toBe('axis:x');
    const cellOf = (value: string): string => parseCsv(manifestCsv(['a'], [{ ...manifestLines(planOf(shape), recordsOf(planOf(shape)))[0]!, labels: { a: value } }]))[1]?.[2] ?? '';
    expect(['=1+1', '@x', '+1+2', '-1+2', '-0.5', '-1e-3', 'a=b'].map(cellOf)).toEqual(['\'=1+1', '\'@x', '\'+1+2', '\'-1+2', '-0.5', '-1e-3', 'a=b']);
  });

  test('without metadata it names no prompt, neither as a label nor in an error', async () => {
    const plan = planOf({ ...shape, batch: { output: { metadata: 'none' } } });
    const folder = await temporaryFolder();
    for (const path of await writeManifest(folder, plan, recordsOf(plan))) expect(await readFile(path, 'utf8')).not.toContain('secret');
    const lines = manifestLines(plan, recordsOf(plan));
    expect(lines.map(({ labels }) => [labels['prompt'], labels['seed']])).toEqual([['1', '1'], ['1', '2'], ['2', '1'], ['2', '2'], ['2', '2']]);
    expect(lines[1]?.error).toBe('toy.broken');
    expect(lines.every(({ contentKey }) => contentKey === null)).toBe(true);
  });

  test('a graph that must not tell is enough', () => {
    const plan = planOf(shape);
    const withNodes = (more: Partial<GraphFile>) => ({ ...plan, graphs: plan.graphs.map((graph) => ({ ...graph, graph: { ...graph.graph, ...more } })) });
    const save = plan.graphs[0]!.graph.nodes['save']!;
    const silent = { ...save, params: { metadata: 'none' } };
    const graphs: Partial<GraphFile>[] = [
      { nodes: { save: silent } },
      { nodes: { save: { ...save, version: 1, params: { embedGraph: false } } } }, // as the first release had it
      { nodes: { use: { type: 'subgraph:inner', version: 1, params: {}, inputs: {} } }, subgraphs: { inner: { inputs: {}, outputs: {}, params: {}, nodes: { save: silent } } } },
    ];
    for (const more of graphs) expect(JSON.stringify(manifestLines(withNodes(more), recordsOf(plan)))).not.toContain('secret');
    expect(JSON.stringify(manifestLines(plan, recordsOf(plan)))).toContain('secret');
  });
});
