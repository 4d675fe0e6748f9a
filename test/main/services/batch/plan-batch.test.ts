import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rowGraph, rowSettings, withSettings, type BatchPlan, type PlannedRow } from '../../../../src/contract/batch-plan.ts';
import { describeError } from '../../../../src/contract/errors.ts';
import { nodeCatalogue } from '../../../../src/main/cli/catalogue.ts';
import { planGraph } from '../../../../src/main/runtime/plan-graph.ts';
import { BatchHistory } from '../../../../src/main/services/batch/history.ts';
import { nameKey } from '../../../../src/main/services/batch/naming.ts';
import { rowScope } from '../../../../src/main/services/batch/plan-batch.ts';
import { BatchFaults } from '../../../../src/main/services/batch/read-batch.ts';
import { FileHashes } from '../../../../src/main/services/file-hashes.ts';
import { createRunFiles } from '../../../../src/main/services/run-files.ts';
import { batchWorld, toyGraph, TOY_CATALOGUE, type BatchWorld } from '../../../support/batch-world.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const prompts = { prompt: { set: 'text.prompts', values: ['a fox', 'a cat'] } };
const seeds = { seed: { set: 'latent.seeds', values: { seeds: 3, from: 10 } } };
const tables = { table: { set: 'table.file', values: { folder: 'tables', kind: 'tables' } } };

async function faultsOf(action: Promise<unknown>): Promise<string[]> {
  return action.then(() => [], (error: unknown) => {
    if (error instanceof BatchFaults) return error.faults.map((fault) => `${describeError(fault)} [${fault.code}]`);
    throw error;
  });
}

function at(plan: BatchPlan, index: number): PlannedRow {
  return plan.rows.find((row) => row.index === index)!;
}

/** The key that the runtime gives the row's graph, with outputs under the names that nodes give by themselves. */
async function runtimeKey(plan: BatchPlan, row: PlannedRow, world: BatchWorld): Promise<string | undefined> {
  const { folder, writers } = plan.graphs[row.graph]!;
  const names = Object.fromEntries(writers.map(({ node, param }) => [`${node}.${param}`, node === 'sheet' ? 'sheet' : 'image']));
  const files = createRunFiles(rowScope(folder, plan.folder, { models: join(world.folder, '../models') }), new FileHashes(undefined));
  return (await planGraph({ graph: withSettings(rowGraph(plan, row), names), where: 'row', catalogue: TOY_CATALOGUE, files, deviceKey: () => Promise.resolve(null) })).key;
}

describe('rows', () => {
  test('have the product\'s values, labels and names', async () => {
    const plan = await (await batchWorld()).plan({ groups: [prompts, seeds], output: { name: '{prompt:slug}/{seed:4}' }, set: { 'draw.steps': '30' } });
    expect(plan.rows).toHaveLength(6);
    expect(at(plan, 4)).toMatchObject({ index: 4, labels: { prompt: 'a cat', seed: '11' }, graph: 0, set: { 'text.prompts': ['a cat'], 'latent.seeds': [11] }, output: 'a-cat/0011' });
    expect(rowSettings(plan, at(plan, 4))).toEqual({ 'text.prompts': ['a cat'], 'latent.seeds': [11], 'save.name': 'a-cat/0011' });
    expect(rowGraph(plan, at(plan, 4)).nodes).toMatchObject({ draw: { params: { steps: 30, batchSize: 4 } }, text: { params: { prompts: ['a cat'] } }, save: { params: { name: 'a-cat/0011' } } });
    expect(plan).toMatchObject({ name: 'x', width: 4, axes: ['prompt', 'seed'], duplicates: [], notices: [] });
  });

  test('a row\'s key is the one that the runtime gives the row\'s graph, without device and names of outputs', async () => {
    const world = await batchWorld();
    await world.write('b.graph.json', toyGraph({ draw: { sampler: 'euler' } }, { sheet: { type: 'Sheet', inputs: { image: { node: 'draw', port: 'image' } } } }));
    await fc.assert(fc.asyncProperty(
      fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 3 }), fc.uniqueArray(fc.nat(), { minLength: 1, maxLength: 3 }), fc.constantFrom('tables', undefined), fc.integer({ min: 1, max: 5 }),
      async (texts, numbers, folder, width) => {
        const plan = await world.plan({
          graph: undefined, width,
          groups: [{ p: { set: 'text.prompts', values: texts } }, { g: { set: 'graph', values: ['a.graph.json', 'b.graph.json'] } }, { s: { set: ['latent.seeds', 'draw.previewEvery'], values: numbers.map((number) => number % 101) } }, ...(folder === undefined ? [] : [tables])],
        });
        for (const row of plan.rows) expect(row.id).toBe(await runtimeKey(plan, row, world));
      },
    ), { numRuns: 15 });
  });

  test('keys do not depend on how a batch says it', async () => {
    const world = await batchWorld();
    const one = await world.plan({ groups: [seeds], set: { 'text.prompts': 'a fox' }, output: { name: 'x/{seed}' } });
    const other = await world.plan({ groups: [{ p: { set: 'text.prompts', values: ['a fox'] } }, { s: { set: 'latent.seeds', values: ['10', '11', '12'] } }] });
    expect(one.rows.map(({ id }) => id)).toEqual(other.rows.map(({ id }) => id));
    expect(one.batchKey).not.toBe(other.batchKey);
    const wider = await world.plan({ groups: [seeds], set: { 'text.prompts': 'a fox' }, width: 2 });
    expect(wider.rows[0]?.id).not.toBe(one.rows[0]?.id);
  });

  test('stand so that what is costly is loaded once, in the file\'s order else', async () => {
    const world = await batchWorld();
    const models = { model: { set: 'model.folder', values: ['models:b', 'models:a'] } };
    const plan = await world.plan({ groups: [seeds, tables, prompts, models] });
    const runs = (axis: string): number => plan.rows.filter((row, place) => row.labels[axis] !== plan.rows[place - 1]?.labels[axis]).length;
    expect([plan.rows.length, runs('model'), plan.rows[0]?.labels['model']]).toEqual([24, 2, 'models:b']);
    const texts = plan.rows.map((row) => JSON.stringify([row.set['text.prompts'], row.set['table.file'], row.set['model.folder']]));
    expect(new Set(texts.filter((text, place) => text !== texts[place - 1])).size).toBe(8);
    expect(texts.filter((text, place) => text !== texts[place - 1])).toHaveLength(8);
    expect(plan.rows.slice(0, 3).map(({ labels }) => labels['seed'])).toEqual(['10', '11', '12']);
    expect(plan.shared).toEqual([
      { type: 'Latent', runs: 3, of: 24 }, { type: 'Table', runs: 2, of: 24 }, { type: 'Model', runs: 2, of: 24 }, { type: 'Text', runs: 8, of: 24 }, { type: 'Draw', runs: 24, of: 24 }, { type: 'Save', runs: 24, of: 24 },
    ]);
    expect((await world.plan({ groups: [seeds, tables, prompts, models] })).rows).toEqual(plan.rows);
  });

  test('two graphs with one model share it', async () => {
    const world = await batchWorld();
    await world.write('b.graph.json', toyGraph({ draw: { sampler: 'euler' } }));
    const plan = await world.plan({ graph: undefined, groups: [seeds, { graph: { set: 'graph', values: { folder: '.', kind: 'graphs' } } }], output: { name: '{graph}/{seed}' } });
    expect(plan.graphs.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(plan.shared.find(({ type }) => type === 'Model')).toEqual({ type: 'Model', runs: 1, of: 6 });
    expect(plan.shared.find(({ type }) => type === 'Draw')).toEqual({ type: 'Draw', runs: 6, of: 6 });
    expect(plan.rows.map(({ output }) => output).sort()).toEqual(['a/10', 'a/11', 'a/12', 'b/10', 'b/11', 'b/12']);
  });

  test('files from folders are named from the graph\'s own folder', async () => {
    const world = await batchWorld();
    await world.write('graphs/deep/c.graph.json', toyGraph({ table: { file: '../../tables/a.engram.safetensors' } }));
    const plan = await world.plan({ graph: 'graphs/deep/c.graph.json', groups: [tables] });
    expect(plan.rows.map((row) => row.set['table.file'])).toEqual(['../../tables/a.engram.safetensors', '../../tables/b.engram.safetensors']);
    expect(plan.graphs[0]?.folder).toBe(join(world.folder, 'graphs/deep'));
    expect(plan.rows[1]?.id).toBe(await runtimeKey(plan, plan.rows[1]!, world));
  });
});

describe('duplicates', () => {
  test('are run once, named once, and told', async () => {
    const world = await batchWorld();
    await world.write('tables/c.engram.safetensors', 'table a'); // the contents of a
    const plan = await world.plan({ groups: [{ prompt: { set: 'text.prompts', values: ['a fox', 'a cat', 'a fox'] } }, tables] });
    expect(plan.rows).toHaveLength(4);
    expect(plan.duplicates.map(({ index, of }) => [index, of])).toEqual([[2, 0], [5, 3], [6, 0], [7, 1], [8, 0]]);
    expect(plan.notices).toMatchObject([{ code: 'batch.duplicates', got: '5 rows, the first is row 3, equal to row 1' }]);
    expect(plan.shared.find(({ type }) => type === 'Save')).toEqual({ type: 'Save', runs: 4, of: 4 });
  });

  test('a param that no result depends on makes no new image', async () => {
    const plan = await (await batchWorld()).plan({ groups: [{ n: { set: 'draw.previewEvery', values: [1, 2, 3] } }] });
    expect([plan.rows.length, plan.duplicates.length]).toEqual([1, 2]);
  });
});

describe('names', () => {
  test('equal names get numbers in the order of the file', async () => {
    const plan = await (await batchWorld()).plan({ groups: [seeds, prompts], output: { name: '{prompt:slug}' } });
    expect([0, 1, 2, 3, 4, 5].map((index) => at(plan, index).output)).toEqual(['a-fox', 'a-cat', 'a-fox-2', 'a-cat-2', 'a-fox-3', 'a-cat-3']);
  });

  test('several outputs of a row are called by what the graph calls them', async () => {
    const world = await batchWorld();
    const sheet = (name: string): unknown => ({ type: 'Sheet', inputs: { image: { node: 'draw', port: 'image' } }, params: { name } });
    const graph = toyGraph({ save: { name: 'pictures/Final' } }) as { nodes: Record<string, unknown> };
    Object.assign(graph.nodes, { one: { version: 1, ...(sheet('sheet') as object) }, two: { version: 1, ...(sheet('sheet') as object) } });
    await world.write('m.graph.json', graph);
    const plan = await world.plan({ graph: 'm.graph.json', output: { name: '{batch}-{row:3}' } });
    expect(rowSettings(plan, plan.rows[0]!)).toEqual({ 'save.name': 'x-001-pictures-final', 'one.name': 'x-001-sheet-one', 'two.name': 'x-001-sheet-two' });
  });

  test('are unique on every system, whatever labels hold', async () => {
    const world = await batchWorld();
    await fc.assert(fc.asyncProperty(fc.uniqueArray(fc.string({ unit: fc.constantFrom('a', 'A', '/', '..', '-', '2', 'con', 'é', 'e\u0301', ' '), minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 12 }), async (values) => {
      const plan = await world.plan({ groups: [{ p: { set: 'text.prompts', values } }], output: { name: '{p}' } });
      expect(new Set(plan.rows.map(({ output }) => nameKey(output))).size).toBe(values.length);
      for (const { output } of plan.rows) expect(output).not.toMatch(/[/\\]|^\.|\.$/);
    }), { numRuns: 30 });
  });
});

describe('without metadata', () => {
  test('names that still tell texts are told', async () => {
    const world = await batchWorld();
    const metadata = { kind: 'choice', options: ['full', 'none'], default: 'full', doc: 'for tests' } as const;
    const catalogue = TOY_CATALOGUE.map((schema) => (schema.type === 'Save' ? { ...schema, params: { ...schema.params, metadata } } : schema));
    const noticesOf = async (output: Record<string, string>): Promise<string[]> => (await world.plan({ groups: [prompts, seeds], output }, { catalogue })).notices.map(({ code, got }) => `${code} ${got ?? ''}`);
    expect(await noticesOf({ name: '{prompt:slug}/{seed}', metadata: 'none' })).toEqual(['batch.names-tell {prompt}']);
    expect(await noticesOf({ name: '{row}-{seed}', metadata: 'none' })).toEqual([]);
    expect(await noticesOf({ name: '{prompt:slug}/{seed}' })).toEqual([]);
  });
});

describe('what rows need of a machine', () => {
  const sized = { steps: { set: 'draw.steps', values: [10, 500] }, need: { set: ['memory'], values: ['1 GB', '24 GiB'] }, on: { set: 'device', values: ['any', 'cuda'] } };

  test('comes from axes with the batch\'s needs below, changes no key and makes no other image', async () => {
    const world = await batchWorld();
    const plan = await world.plan({ groups: [{ size: sized.steps, need: sized.need, on: sized.on }], needs: { device: 'cpu', memory: '2 GB' } });
    expect([at(plan, 0), at(plan, 1)].map(({ needs, set }) => ({ needs, set }))).toEqual([
      { needs: { device: 'any', memory: '1 GB' }, set: { 'draw.steps': 10 } }, { needs: { device: 'cuda', memory: '24 GiB' }, set: { 'draw.steps': 500 } },
    ]);
    const alone = await world.plan({ groups: [{ size: sized.steps }] });
    expect(plan.rows.map(({ id }) => id)).toEqual(alone.rows.map(({ id }) => id));
    expect((await world.plan({ groups: [{ need: sized.need }] })).duplicates).toMatchObject([{ index: 1, of: 0 }]);
    const [one] = (await world.plan({ groups: [{ on: { set: 'device', values: ['cuda'] } }], needs: { memory: '3 GB' } })).rows;
    expect(one?.needs).toEqual({ device: 'cuda', memory: '3 GB' });
    expect(alone.rows[0]).not.toHaveProperty('needs');
  });

  test('is checked with all other faults', async () => {
    const world = await batchWorld();
    const faults = await faultsOf(world.plan({ groups: [{ a: { set: 'memory', values: ['much'] }, b: { set: 'device', values: ['tpu'] } }] }));
    expect(faults).toHaveLength(2);
    expect(faults[0]).toMatch(/axis "a".*"memory" must be what "needs" takes: must be a size such as.*got "much".*\[batch.need\]/);
    expect(faults[1]).toMatch(/axis "b".*"device" must be what "needs" takes: .*got "tpu".*\[batch.need\]/);
  });
});

describe('faults of all rows come in one list', () => {
  test('values of axes, grouped', async () => {
    const world = await batchWorld();
    expect(await faultsOf(world.plan({ groups: [{ steps: { set: 'draw.steps', values: { from: -5000, to: 4000, step: 1 } } }, { seed: { set: ['latent.seeds', 'draw.sampler'], values: ['x', 'euler'] } }], set: { 'text.strength': 99 } }))).toEqual([
      'x.batch.json, set "text.strength": strength must be a number in 0..10, got 99 [graph.param-value]',
      'x.batch.json, group 1, axis "steps", set "draw.steps": steps must be a whole number in 1..1000, got -5000 (value 1), -4999 (value 2), -4998 (value 3) and 7998 more [graph.param-value]',
      `x.batch.json, group 2, axis "seed", set "latent.seeds": seeds must be a list of whole numbers in 0..${Number.MAX_SAFE_INTEGER}, got [null] (value 1), [null] (value 2) [graph.param-value]`,
      'x.batch.json, group 2, axis "seed", set "draw.sampler": sampler must be one of ddim, euler, got "x" (value 1) [graph.param-value]',
    ]);
  });

  test('targets, outputs and width', async () => {
    const world = await batchWorld();
    expect(await faultsOf(world.plan({ groups: [{ a: { set: ['drow.steps', 'draw.stops', 'save.name', 'draw.batchSize', 'constructor.name'], values: [1] } }], output: { quality: 5, metadata: 'none', format: 'avif' } }))).toEqual([
      'x.batch.json, group 1, axis "a", set "drow.steps": the graph has no node "drow", got drow.steps. Nodes: latent, table, model, text, draw, save [batch.target-node]',
      'x.batch.json, group 1, axis "a", set "draw.stops": Draw "draw" has no param "stops", got draw.stops. Params: steps, batchSize, sampler, previewEvery [batch.target-param]',
      'x.batch.json, group 1, axis "a", set "save.name": names of outputs must come from the template "output.name", got save.name [batch.target-output]',
      'x.batch.json, group 1, axis "a", set "constructor.name": the graph has no node "constructor", got constructor.name. Nodes: latent, table, model, text, draw, save [batch.target-node]',
      'x.batch.json, output.format: save.format must be one of png, webp, got "avif" [graph.param-value]',
      'x.batch.json, output.metadata: a node that writes files must have the param "metadata", got a.graph.json [batch.output-setting]',
      'x.batch.json: images per run of the model must be set by "width" of the batch: they are the same for all rows, got draw.batchSize [batch.target-width]',
    ]);
  });

  test('files that are not there or lie outside', async () => {
    const world = await batchWorld();
    expect(await faultsOf(world.plan({ groups: [{ t: { set: 'table.file', values: ['tables/a.engram.safetensors', 'tables/x', 'tables/y', '../../secret', '/etc/passwd'] } }] }))).toEqual([
      'x.batch.json, group 1, axis "t", set "table.file": file or folder must exist, got "tables/x" (value 2), "tables/y" (value 3) [files.missing]',
      expect.stringContaining('got "../../secret" (value 4), "/etc/passwd" (value 5). Name the folder') as string,
    ]);
    expect(await faultsOf(world.plan({ groups: [{ t: { set: 'table.file', values: ['tables/x', 'tables/a.engram.safetensors', 'tables/y'] } }], set: { 'model.folder': 'models:none' } }))).toEqual([
      'x.batch.json, group 1, axis "t", set "table.file": file or folder must exist, got "tables/x" (value 1), "tables/y" (value 3) [files.missing]',
      'a.graph.json, Model "model": file or folder must exist, got "models:none" [files.missing]',
    ]);
    expect(await faultsOf(world.plan({ graph: '../../etc/x.graph.json' }))).toMatchObject([expect.stringContaining('[files.outside]') as string]);
  });

  test('faults of every graph, named by graph', async () => {
    const world = await batchWorld();
    await world.write('bad.graph.json', toyGraph({ draw: { steps: 0 } }, { other: { type: 'Unknown', inputs: {} } }));
    await world.write('worse.graph.json', '{"format":"engram-graph","version":1,"nodes":{"1":{}}}');
    await world.write('none.graph.json', { format: 'engram-graph', version: 1, nodes: {} });
    const list = await faultsOf(world.plan({ graph: undefined, groups: [{ g: { set: 'graph', values: ['a.graph.json', 'worse.graph.json', 'none.graph.json'] } }] }));
    expect(list.some((fault) => fault.startsWith('worse.graph.json'))).toBe(true);
    expect(list).toContain('none.graph.json: the graph of a batch must have a node that writes files. Add a node such as Save Image [batch.no-output]');
    expect(await faultsOf(world.plan({ graph: 'bad.graph.json' }))).toEqual([
      'bad.graph.json, Draw "draw": steps must be a whole number in 1..1000, got 0 [graph.param-value]',
      'bad.graph.json, Unknown "other": must be a node type that is installed, got Unknown. The node is kept in the file as it is. Update the program, or remove the node. [graph.unknown-type]',
    ]);
  });

  test('10,000 rows with one fault each are one line', async () => {
    const list = await faultsOf((await batchWorld()).plan({ groups: [{ s: { set: 'draw.steps', values: { from: 1001, to: 11_000 } } }] }));
    expect(list).toHaveLength(1);
    expect(list[0]).toContain('and 9997 more');
  });
});

describe('width', () => {
  test('is the file\'s, else that of the plan before, else chosen; told when open', async () => {
    const world = await batchWorld();
    const chosen: unknown[] = [];
    const plan = await world.plan({}, { chooseWidth: (rows) => { chosen.push(rows); return Promise.resolve(3); } });
    expect([plan.width, plan.graphs[0]?.graph.nodes['draw']?.params['batchSize']]).toEqual([3, 3]);
    expect(chosen).toMatchObject([[{ folder: world.folder, graph: { nodes: { draw: {} } } }]]);
    expect((await world.plan({}, { previous: plan })).width).toBe(3);
    expect((await world.plan({ width: 2 }, { previous: plan })).width).toBe(2);
    const open = await world.plan({}, { chooseWidth: undefined });
    expect(open).toMatchObject({ width: 8, notices: [{ code: 'batch.width-open', got: 'planned with 8' }] });
  });

  test('is not chosen, for which models are loaded, while a graph has faults', async () => {
    const world = await batchWorld();
    await world.write('a.graph.json', toyGraph({ draw: { steps: 1001 } }));
    const faults = await faultsOf(world.plan({}, { chooseWidth: () => Promise.reject(new Error('models were loaded')) }));
    expect(faults).toEqual([expect.stringMatching(/^a\.graph\.json, Draw "draw": steps must be .* got 1001 \[graph\.param-value\]$/)]);
  });

  test('is 1 where no node shares runs', async () => {
    const world = await batchWorld();
    await world.write('s.graph.json', { format: 'engram-graph', version: 1, nodes: { save: { type: 'Copy', version: 1, params: {}, inputs: {} } } });
    const copy = { ...TOY_CATALOGUE.find(({ type }) => type === 'Save')!, type: 'Copy', inputs: {} };
    expect((await world.plan({ graph: 's.graph.json' }, { catalogue: [copy] })).width).toBe(1);
  });
});

describe('graphs that are more than a list of nodes', () => {
  const link = (node: string, port: string): unknown => ({ node, port });

  test('a value that is linked on counts where it goes, and must be good there', async () => {
    const world = await batchWorld();
    const graph = toyGraph({}, {
      steps: { type: 'Value', params: {}, inputs: {} },
      draw: { type: 'Draw', inputs: { text: link('text', 'text'), latents: link('latent', 'latents'), steps: link('steps', 'value') } },
    });
    await world.write('linked.graph.json', graph);
    const plan = await world.plan({ graph: 'linked.graph.json', groups: [{ s: { set: 'steps.value', values: [5, 6, 5] } }, seeds] });
    expect([plan.rows.length, plan.duplicates.length]).toEqual([6, 3]);
    for (const row of plan.rows) expect(row.id).toBe(await runtimeKey(plan, row, world));
    expect(plan.shared.find(({ type }) => type === 'Draw')).toEqual({ type: 'Draw', runs: 6, of: 6 });
    expect(await faultsOf(world.plan({ graph: 'linked.graph.json', groups: [{ s: { set: 'steps.value', values: [5, 0, 2.5] } }] }))).toEqual([
      'x.batch.json, group 1, axis "s", set "steps.value": "draw" steps must be a whole number in 1..1000, got 0 (value 2), 2.5 (value 3) [graph.param-value]',
    ]);
    expect(await faultsOf(world.plan({ graph: 'linked.graph.json', groups: [{ s: { set: 'draw.steps', values: [5, 6] } }] }))).toMatchObject([expect.stringContaining('[batch.target-linked]') as string]);
  });

  const inside = (params: Record<string, unknown>): unknown => ({
    ...(toyGraph() as Record<string, unknown>),
    nodes: {
      ...Object.fromEntries(Object.entries((toyGraph() as { nodes: Record<string, unknown> }).nodes).filter(([id]) => id !== 'draw' && id !== 'save')),
      use: { type: 'subgraph:render', version: 1, params: {}, inputs: { text: link('text', 'text'), latents: link('latent', 'latents') } },
    },
    subgraphs: {
      render: {
        inputs: { text: { type: 'Conditioning' }, latents: { type: 'Latents' } }, params,
        nodes: {
          in: { type: 'subgraph-inputs', version: 1 },
          draw: { type: 'Draw', version: 1, inputs: { text: link('in', 'text'), latents: link('in', 'latents') } },
          save: { type: 'Save', version: 1, inputs: { image: link('draw', 'image') } },
        },
      },
    },
  });

  test('sub-graphs are set from outside, their width and formats inside', async () => {
    const world = await batchWorld();
    await world.write('sub.graph.json', inside({ howMany: { node: 'draw', param: 'steps' }, file: { node: 'save', param: 'name' } }));
    const plan = await world.plan({ graph: 'sub.graph.json', groups: [{ s: { set: 'use.howMany', values: [5, 6] } }, seeds], output: { name: '{s}/{seed}', format: 'webp' }, width: 3 });
    expect(rowSettings(plan, plan.rows[0]!)).toEqual({ 'use.howMany': 5, 'latent.seeds': [10], 'use.file': '5/10' });
    expect(plan.graphs[0]?.graph.subgraphs?.['render']?.nodes).toMatchObject({ draw: { params: { batchSize: 3 } }, save: { params: { format: 'webp' } } });
    for (const row of plan.rows) expect(row.id).toBe(await runtimeKey(plan, row, world));
    expect(new Set(plan.rows.map(({ id }) => id)).size).toBe(6);
    expect(await faultsOf(world.plan({ graph: 'sub.graph.json', groups: [{ s: { set: 'use.howMany', values: [5, 0] } }] }))).toEqual([
      'x.batch.json, group 1, axis "s", set "use.howMany": howMany must be a whole number in 1..1000, got 0 (value 2) [graph.param-value]',
    ]);
    expect(await faultsOf(world.plan({ graph: 'sub.graph.json', groups: [{ s: { set: 'use.steps', values: [5] } }] }))).toEqual([
      'x.batch.json, group 1, axis "s", set "use.steps": subgraph:render "use" has no param "steps", got use.steps. Params: howMany, file [batch.target-param]',
    ]);
  });

  test('an output whose name no row can set is refused: all rows would write one file', async () => {
    const world = await batchWorld();
    await world.write('sub.graph.json', inside({}));
    expect(await faultsOf(world.plan({ graph: 'sub.graph.json' }))).toEqual([
      'sub.graph.json: each node that writes files must take its name from a param of its own that the batch can set, got use/save.name. Remove the link to it, or make it a param of the sub-graph [batch.output-name]',
    ]);
    await world.write('width.graph.json', inside({ file: { node: 'save', param: 'name' }, wide: { node: 'draw', param: 'batchSize' } }));
    expect(await faultsOf(world.plan({ graph: 'width.graph.json', set: { 'use.wide': 5 } }))).toMatchObject([expect.stringContaining('[batch.width-linked]') as string]);
    expect(await faultsOf(world.plan({ graph: 'width.graph.json', groups: [{ w: { set: 'use.wide', values: [1, 2] } }] }))).toMatchObject([expect.stringContaining('[batch.target-width]') as string]);
  });

  test('a node that is muted neither writes nor counts', async () => {
    const world = await batchWorld();
    const muted = { type: 'Save', mode: 'mute', inputs: { image: link('draw', 'image') } };
    await world.write('muted.graph.json', toyGraph({}, { save: muted }));
    expect(await faultsOf(world.plan({ graph: 'muted.graph.json' }))).toEqual(['muted.graph.json: the graph of a batch must have a node that writes files. Add a node such as Save Image [batch.no-output]']);
    await world.write('one.graph.json', toyGraph({}, { other: muted }));
    expect((await world.plan({ graph: 'one.graph.json' })).graphs[0]?.writers).toEqual([{ node: 'save', param: 'name', suffix: '' }]);
  });
});

test('settings of outputs go to the nodes that write', async () => {
  const plan = await (await batchWorld()).plan({ output: { format: 'webp', quality: 50 } });
  expect(plan.graphs[0]?.graph.nodes['save']?.params).toMatchObject({ format: 'webp', quality: 50 });
});

test('--set is read as on the command line; texts of axes are taken whole', async () => {
  const plan = await (await batchWorld()).plan({ set: { 'text.strength': '0.5' }, groups: [{ s: { set: 'latent.seeds', values: ['1,2', 3] } }] }, { set: ['text.prompts=a\nb', 'draw.steps=7'] });
  expect(plan.graphs[0]?.graph.nodes).toMatchObject({ text: { params: { prompts: ['a', 'b'], strength: 0.5 } }, draw: { params: { steps: 7 } } });
  expect(plan.rows.map((row) => row.set['latent.seeds'])).toEqual([[1, 2], [3]]);
  const whole = await (await batchWorld()).plan({ groups: [{ p: { set: 'text.prompts', values: ['[a fox]', 'two\nlines', 7] } }] });
  expect(whole.rows.map((row) => row.set['text.prompts'])).toEqual([['[a fox]'], ['two\nlines'], ['7']]);
});

test('estimates come from measured rows of the same shape', async () => {
  const world = await batchWorld();
  const history = await BatchHistory.open(await temporaryFolder());
  const first = await world.plan({ groups: [prompts, seeds] }, { history });
  expect(first.estimates).toEqual({ seconds: undefined, bytes: undefined, measuredRows: 0, device: undefined });
  for (const seconds of [2, 4, 3]) history.record({ shape: first.graphs[0]!.shape, device: 'cpu', seconds, bytes: 1000 });
  expect((await world.plan({ groups: [prompts, { s: { set: 'latent.seeds', values: { seeds: 100 } } }] }, { history })).estimates).toEqual({ seconds: 600, bytes: 200_000, measuredRows: 3, device: 'cpu' });
  expect((await world.plan({ groups: [{ p: { set: 'text.prompts', values: ['alone'] } }], set: { 'latent.seeds': 7 } }, { history })).estimates.seconds).toBe(3);
  expect((await world.plan({ groups: [prompts], set: { 'draw.steps': 100 } }, { history })).estimates.seconds).toBeUndefined();
  expect((await world.plan({ groups: [prompts] }, { history, device: 'cuda' })).estimates.seconds).toBeUndefined();
});

test('a graph of an older release is brought up to date before values are set in it', async () => {
  const world = await batchWorld();
  const old = JSON.parse(await readFile(join(import.meta.dirname, '../../../fixtures/graphs/0.1/render.graph.json'), 'utf8')) as { nodes: Record<string, { params: Record<string, unknown> }> };
  old.nodes['backbone']!.params['folder'] = 'models:a';
  await world.write('old.graph.json', old);
  const plan = await world.plan({ graph: 'old.graph.json', output: { metadata: 'none' } }, { catalogue: nodeCatalogue() });
  expect(plan.graphs[0]?.graph.nodes['save']).toMatchObject({ version: 2, params: { metadata: 'none' } });
  expect(plan.rows).toHaveLength(1);
});

test('100,000 rows are planned in seconds', async () => {
  const world = await batchWorld();
  await world.write('p.txt', Array.from({ length: 1000 }, (_, index) => `a portrait of fox number ${index} in a red coat in a snowy forest at night`).join('\n'));
  const started = performance.now();
  const plan = await world.plan({ groups: [{ prompt: { set: 'text.prompts', values: { lines: 'p.txt' } } }, { seed: { set: 'latent.seeds', values: { seeds: 100 } } }], output: { name: '{prompt:slug}/{seed}' } });
  const seconds = (performance.now() - started) / 1000;
  expect(plan.rows).toHaveLength(100_000);
  expect(plan.shared.find(({ type }) => type === 'Text')).toEqual({ type: 'Text', runs: 1000, of: 100_000 });
  expect(new Set(plan.rows.map(({ output }) => output)).size).toBe(100_000);
  expect(seconds).toBeLessThan(30); // 3 to 5 s where two cores do other things as well; keys per row without sharing would take minutes
});
