import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BatchPlan } from '../../src/contract/batch-plan.ts';
import type { NodeSchema } from '../../src/contract/node.ts';
import { planBatch, type PlanBatchOptions } from '../../src/main/services/batch/plan-batch.ts';
import { readBatch } from '../../src/main/services/batch/read-batch.ts';
import { FileHashes } from '../../src/main/services/file-hashes.ts';
import { temporaryFolder } from './temporary-folder.ts';

const doc = 'for tests';

function node(schema: Pick<NodeSchema, 'type' | 'inputs' | 'outputs' | 'params'> & Partial<NodeSchema>): NodeSchema {
  return { version: 1, category: 'toy', title: schema.type, doc, ...schema };
}

/** Node types of a toy generator: a model that is loaded, tables, texts, samples on the device, files. */
export const TOY_CATALOGUE: readonly NodeSchema[] = [
  node({ type: 'Model', inputs: {}, outputs: { model: { type: 'Backbone', doc } }, params: { folder: { kind: 'path', target: 'folder', access: 'read', default: '', doc } } }),
  node({ type: 'Table', inputs: {}, outputs: { table: { type: 'Table', doc } }, params: { file: { kind: 'path', target: 'file', access: 'read', default: '', doc } } }),
  node({
    type: 'Text', usesDevice: true, inputs: { model: { type: 'Backbone', doc }, tables: { type: 'Table', doc, many: true, optional: true } }, outputs: { text: { type: 'Conditioning', doc } },
    params: { prompts: { kind: 'text-list', default: [''], doc }, strength: { kind: 'number', min: 0, max: 10, default: 1, doc } },
  }),
  node({ type: 'Latent', inputs: {}, outputs: { latents: { type: 'Latents', doc } }, params: { seeds: { kind: 'integer-list', min: 0, max: Number.MAX_SAFE_INTEGER, default: [1], doc } } }),
  node({
    type: 'Draw', usesDevice: true, rows: { width: 'batchSize', widest: 8, sizedBy: ['latents'] }, inputs: { text: { type: 'Conditioning', doc }, latents: { type: 'Latents', doc } }, outputs: { image: { type: 'Image', doc } },
    params: {
      steps: { kind: 'integer', min: 1, max: 1000, default: 20, doc }, batchSize: { kind: 'integer', min: 1, max: 64, default: 1, doc }, sampler: { kind: 'choice', options: ['ddim', 'euler'], default: 'ddim', doc },
      previewEvery: { kind: 'integer', min: 0, max: 100, default: 0, outsideKey: true, doc },
    },
  }),
  node({
    type: 'Save', sideEffects: true, inputs: { image: { type: 'Image', doc } }, outputs: {},
    params: {
      name: { kind: 'path', target: 'file', access: 'write', default: 'image', doc }, format: { kind: 'choice', options: ['png', 'webp'], default: 'png', doc }, quality: { kind: 'integer', min: 1, max: 100, default: 90, doc },
    },
  }),
  node({ type: 'Value', constants: { value: 'value' }, inputs: {}, outputs: { value: { type: 'Number', doc } }, params: { value: { kind: 'number', min: -1e6, max: 1e6, default: 0, doc } } }),
  node({ type: 'Sheet', sideEffects: true, inputs: { image: { type: 'Image', doc } }, outputs: {}, params: { name: { kind: 'path', target: 'file', access: 'write', default: 'sheet', doc } } }),
];

/** A graph over the toy nodes: model, table, text, latent, draw, save. */
export function toyGraph(params: Readonly<Record<string, Record<string, unknown>>> = {}, more: Record<string, unknown> = {}): unknown {
  const link = (from: string, port: string): { node: string; port: string } => ({ node: from, port });
  const nodes: Record<string, { type: string; inputs: Record<string, unknown> }> = {
    latent: { type: 'Latent', inputs: {} },
    table: { type: 'Table', inputs: {} },
    model: { type: 'Model', inputs: {} },
    text: { type: 'Text', inputs: { model: link('model', 'model'), tables: [link('table', 'table')] } },
    draw: { type: 'Draw', inputs: { text: link('text', 'text'), latents: link('latent', 'latents') } },
    save: { type: 'Save', inputs: { image: link('draw', 'image') } },
  };
  const defaults: Record<string, Record<string, unknown>> = { model: { folder: 'models:a' }, table: { file: 'tables/a.engram.safetensors' } };
  const all = Object.entries({ ...nodes, ...more }).map(([id, one]) => [id, { version: 1, ...(one as object), params: { ...defaults[id], ...params[id] } }]);
  return { format: 'engram-graph', version: 1, nodes: Object.fromEntries(all) as unknown };
}

type WorldOptions = Partial<Omit<PlanBatchOptions, 'chooseWidth'>> & { readonly chooseWidth?: PlanBatchOptions['chooseWidth'] | undefined; readonly set?: readonly string[] };

export interface BatchWorld {
  readonly folder: string;
  write(name: string, content: unknown): Promise<void>;
  /** @param options.chooseWidth 4 when left out; undefined for a plan without an engine. */
  plan(batch: Record<string, unknown>, options?: WorldOptions): Promise<BatchPlan>;
}

/** A folder with a toy graph, two tables, two models in the root `models`, and batches that are planned there. */
export async function batchWorld(): Promise<BatchWorld> {
  const top = await temporaryFolder();
  const folder = join(top, 'work');
  const hashes = new FileHashes(undefined);
  const write = async (name: string, content: unknown): Promise<void> => {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  };
  await write('a.graph.json', toyGraph());
  for (const name of ['a', 'b']) {
    await write(`tables/${name}.engram.safetensors`, `table ${name}`);
    await write(`../models/${name}/config.json`, `model ${name}`);
  }
  return {
    folder, write,
    async plan(batch, { set = [], ...given } = {}) {
      const { chooseWidth, ...options } = { chooseWidth: () => Promise.resolve(4), ...given };
      await write('x.batch.json', { format: 'engram-batch', version: 1, ...('graph' in batch ? {} : { graph: 'a.graph.json' }), ...batch });
      const loaded = await readBatch(join(folder, 'x.batch.json'), set);
      return planBatch({ loaded: { ...loaded, where: 'x.batch.json' }, catalogue: TOY_CATALOGUE, roots: { models: join(top, 'models') }, hashes, ...(chooseWidth === undefined ? {} : { chooseWidth }), ...options });
    },
  };
}
