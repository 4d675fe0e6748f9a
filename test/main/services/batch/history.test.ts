import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { GraphFile } from '../../../../src/contract/graph-file.ts';
import { BatchHistory, shapeOf } from '../../../../src/main/services/batch/history.ts';
import { validateGraph } from '../../../../src/main/runtime/validate.ts';
import { nodeCatalogue } from '../../../../src/main/cli/catalogue.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

describe('BatchHistory', () => {
  test('gives what rows of a shape took on a device, and keeps it', async () => {
    const folder = await temporaryFolder();
    const history = await BatchHistory.open(folder);
    for (const [seconds, bytes] of [[1, 100], [9, 300], [2, 200]] as const) history.record({ shape: 's', device: 'cpu', seconds, bytes });
    history.record({ shape: 's', device: 'cuda', seconds: 0.1, bytes: 100 });
    await history.save();
    const read = await BatchHistory.open(folder);
    expect(read.estimate('s', 'cpu')).toEqual({ seconds: 4, bytes: 200, rows: 3, device: 'cpu' });
    expect(read.estimate('s')).toMatchObject({ device: 'cuda' }); // measured last
    expect([read.estimate('s', 'dml'), read.estimate('other')]).toEqual([undefined, undefined]);
  });

  test('rows that share a run end together: the time of all is divided by their number', async () => {
    const history = await BatchHistory.open(await temporaryFolder());
    for (let row = 0; row < 32; row += 1) history.record({ shape: 's', device: 'cpu', seconds: row % 8 === 0 ? 4 : 0, bytes: 1 });
    expect(history.estimate('s')?.seconds).toBe(0.5);
  });

  test('the last rows count: an older speed is forgotten', async () => {
    const history = await BatchHistory.open(await temporaryFolder());
    for (let row = 0; row < 200; row += 1) history.record({ shape: 's', device: 'cpu', seconds: row < 100 ? 10 : 1, bytes: 1 });
    expect(history.estimate('s')).toMatchObject({ seconds: 1, rows: 64 });
  });

  test('two processes add to one file', async () => {
    const folder = await temporaryFolder();
    const [a, b] = [await BatchHistory.open(folder), await BatchHistory.open(folder)];
    a.record({ shape: 'a', device: 'cpu', seconds: 1, bytes: 1 });
    b.record({ shape: 'b', device: 'cpu', seconds: 2, bytes: 1 });
    await a.save();
    await b.save();
    const read = await BatchHistory.open(folder);
    expect([read.estimate('a')?.seconds, read.estimate('b')?.seconds]).toEqual([1, 2]);
  });

  test('does not grow without end, takes no nonsense, and reads a damaged file as empty', async () => {
    const folder = await temporaryFolder();
    const history = await BatchHistory.open(folder);
    for (let shape = 0; shape < 600; shape += 1) history.record({ shape: `s${shape}`, device: 'cpu', seconds: 1, bytes: 1 });
    history.record({ shape: 'bad', device: 'cpu', seconds: Number.NaN, bytes: -1 });
    await history.save();
    const stored = JSON.parse(await readFile(join(folder, 'batch-history.json'), 'utf8')) as { entries: unknown[] };
    expect(stored.entries).toHaveLength(500);
    expect([history.estimate('s0'), history.estimate('bad'), history.estimate('s599')?.seconds]).toEqual([undefined, undefined, 1]);
    await writeFile(join(folder, 'batch-history.json'), '{"version":1,"entries":[{"shape":1}]}');
    expect((await BatchHistory.open(folder)).estimate('s599')).toBeUndefined();
  });
});

describe('shapeOf', () => {
  const graph = (params: Record<string, unknown>, sample: Record<string, unknown> = {}): GraphFile => ({
    format: 'engram-graph', version: 1,
    nodes: {
      latent: { type: 'EmptyLatent', version: 1, params: { seeds: [1], ...params }, inputs: { backbone: { node: 'b', port: 'backbone' } } },
      b: { type: 'LoadBackbone', version: 1, params: { folder: 'models:x' }, inputs: {} },
      list: { type: 'PromptList', version: 1, params: { prompts: ['a'], ...sample }, inputs: {} },
    },
  } as unknown as GraphFile);
  const shape = (of: GraphFile, varying: readonly string[] = []): string => {
    const { graph: checked } = validateGraph(of, nodeCatalogue());
    return shapeOf(checked.order.map((id) => ({ node: checked.nodes.get(id)!, keyed: checked.nodes.get(id)!.params })), new Set(varying));
  };

  test('depends on what takes time and on nothing else', () => {
    const base = shape(graph({}));
    expect(base).toMatch(/^[0-9a-f]{32}$/);
    expect(shape(graph({ seeds: [9] }, { prompts: ['another'] }))).toBe(base);
    expect(shape(graph({ seeds: [1, 2] }))).not.toBe(base);
    expect(shape(graph({ seeds: [9] }), ['latent.seeds', 'list.prompts'])).toBe(base);
    expect(shape(graph({ width: 64 }))).not.toBe(base);
    expect(shape(graph({ width: 64 }), ['latent.width'])).toBe(shape(graph({}), ['latent.width']));
  });
});
