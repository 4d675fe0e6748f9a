import { cp, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { PlannedGraph } from '../../../../src/contract/batch-plan.ts';
import type { NodeSchema } from '../../../../src/contract/node.ts';
import { FileHashes } from '../../../../src/main/services/file-hashes.ts';
import { collectInput } from '../../../../src/main/services/fleet/fleet-input.ts';
import { FETCHED_FILE_BYTES, FleetFiles, shareFolder } from '../../../../src/main/services/fleet/fleet-files.ts';
import type { FleetFile } from '../../../../src/main/services/fleet/fleet-plan.ts';
import { contentName } from '../../../../src/main/services/fleet/names.ts';
import type { Store } from '../../../../src/main/services/fleet/store.ts';
import { openStore } from '../../../../src/main/services/fleet/stores.ts';
import { createRunFiles } from '../../../../src/main/services/run-files.ts';
import { fakePlan } from '../../../support/fleet.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const SCHEMA = {
  type: 'Load', version: 1, category: 'test', title: 'Load', doc: '', inputs: {}, outputs: {},
  params: {
    model: { kind: 'path', target: 'folder', access: 'read', default: 'models:pocket', doc: '' },
    table: { kind: 'path', target: 'file', access: 'read', default: 'fox.safetensors', doc: '' },
    name: { kind: 'path', target: 'file', access: 'write', default: 'out', doc: '' },
  },
} as unknown as NodeSchema;

/** The machine that submits: a folder with a graph and a table, and a folder of models. */
async function client(): Promise<{ folder: string; models: string; hashes: FileHashes }> {
  const [folder, models] = [await temporaryFolder(), await temporaryFolder()];
  await writeFile(join(folder, 'fox.safetensors'), 'a small table');
  await mkdir(join(models, 'pocket', 'unet'), { recursive: true });
  await writeFile(join(models, 'pocket', 'model_index.json'), '{}');
  await writeFile(join(models, 'pocket', 'unet', 'weights.safetensors'), 'many weights');
  await writeFile(join(models, 'pocket', 'README.md'), 'no part of the model');
  return { folder, models, hashes: new FileHashes(undefined) };
}

describe('files of a fleet', () => {
  let store: Store;
  let model: FleetFile;
  let table: FleetFile;
  let here: Awaited<ReturnType<typeof client>>;

  beforeEach(async () => {
    store = await openStore(await temporaryFolder());
    here = await client();
    const graph: PlannedGraph = { name: 'g', folder: here.folder, writers: [], shape: '', graph: { format: 'engram-graph', version: 1, nodes: { load: { type: 'Load', version: 1, params: {}, inputs: {} } } } };
    const plan = { ...fakePlan(2), graphs: [graph] };
    const filesOf = ({ folder }: PlannedGraph) => createRunFiles({ base: folder, roots: { models: here.models } }, here.hashes);
    const files = await collectInput({ plan, catalogue: [SCHEMA], filesOf, store, shareModels: false });
    [model, table] = [files.find(({ kind }) => kind === 'folder') as FleetFile, files.find(({ kind }) => kind === 'file') as FleetFile];
    expect(files).toHaveLength(2);
  });

  /** Another machine. */
  async function machine(folders: readonly string[], fetchModels = false): Promise<{ files: FleetFiles; cacheFolder: string }> {
    const cacheFolder = await temporaryFolder();
    return { cacheFolder, files: new FleetFiles({ store, hashes: new FileHashes(undefined), folders, cacheFolder, fetchModels }) };
  }

  it('are named by what is in them, without a path of the machine that submits', () => {
    expect(model).toMatchObject({ graph: 0, value: 'models:pocket', kind: 'folder', name: 'pocket', bytes: '{}'.length + 'many weights'.length });
    expect(table).toMatchObject({ value: 'fox.safetensors', kind: 'file', name: 'fox.safetensors', bytes: 13 });
    expect(JSON.stringify([model, table])).not.toContain(here.folder);
  });

  it('are those of nodes within sub-graphs too, whether the graph or a row names them', async () => {
    await writeFile(join(here.folder, 'cat.safetensors'), 'another table');
    const inner = { type: 'Load', version: 1, params: { table: 'none.safetensors' }, inputs: {} };
    const graph: PlannedGraph = {
      name: 'g', folder: here.folder, writers: [], shape: '',
      graph: {
        format: 'engram-graph', version: 1, nodes: { use: { type: 'subgraph:loads', version: 1, params: { which: 'fox.safetensors' }, inputs: {} } },
        subgraphs: { loads: { nodes: { load: inner }, inputs: {}, outputs: {}, params: { which: { node: 'load', param: 'table' } } } },
      },
    };
    const base = fakePlan(2);
    const plan = { ...base, graphs: [graph], rows: base.rows.map((row, index) => ({ ...row, set: Object.fromEntries(index === 0 ? [] : [['use.which', 'cat.safetensors']]) })) };
    const filesOf = ({ folder }: PlannedGraph) => createRunFiles({ base: folder, roots: { models: here.models } }, here.hashes);
    const files = await collectInput({ plan, catalogue: [SCHEMA], filesOf, store, shareModels: false });
    expect(files.map(({ value }) => value).sort()).toEqual(['cat.safetensors', 'fox.safetensors', 'models:pocket']);
  });

  it('are found below --models wherever they lie and whatever they are called there', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'deep', 'er'), { recursive: true });
    await cp(join(here.models, 'pocket'), join(folder, 'deep', 'er', 'another name'), { recursive: true });
    await mkdir(join(folder, 'pocket'));
    await writeFile(join(folder, 'pocket', 'model_index.json'), '{} of as many ');
    const { files } = await machine([folder]);
    expect(await files.find(model)).toBe(join(folder, 'deep', 'er', 'another name'));
    // What was found is looked at again: it may have been changed meanwhile.
    await rename(join(folder, 'deep'), join(folder, 'moved'));
    await expect(files.find(model)).rejects.toMatchObject({ data: { code: 'fleet.missing-file' } });
  });

  it('are fetched through the store when they are small, once, under their own name', async () => {
    const { files, cacheFolder } = await machine([]);
    const path = await files.find(table);
    expect(path).toBe(join(cacheFolder, table.contents, 'fox.safetensors'));
    expect(await new FileHashes(undefined).path(path)).toBe(table.contents);
    await store.delete(contentName(table.contents));
    expect(await files.find(table)).toBe(path);
  });

  it('are refused when the store gives something else', async () => {
    await store.put(contentName(table.contents), new TextEncoder().encode('a changed one'));
    const { files } = await machine([]);
    await expect(files.find(table)).rejects.toMatchObject({ data: { code: 'store.damaged' } });
  });

  it('are never fetched when they are models, unless that was asked for on both sides', async () => {
    const { files } = await machine([]);
    await expect(files.find(model)).rejects.toMatchObject({ data: { code: 'fleet.missing-file', hint: expect.stringMatching(/--fetch-models/) as unknown } });
    const asking = await machine([], true);
    await expect(asking.files.find(model)).rejects.toMatchObject({ data: { code: 'fleet.missing-file', hint: expect.stringMatching(/--share-models/) as unknown } });
    await shareFolder(store, join(here.models, 'pocket'), model.contents);
    await expect(files.find(model)).rejects.toMatchObject({ data: { code: 'fleet.missing-file' } });
    const path = await asking.files.find(model);
    expect(await new FileHashes(undefined).path(path)).toBe(model.contents);
    expect((await readdir(path, { recursive: true })).sort()).toEqual(['model_index.json', 'unet', 'unet/weights.safetensors']);
    await rm(path, { recursive: true });
    expect(await asking.files.find(model)).toBe(path);
  });

  it('count as models when they are large', async () => {
    const { files } = await machine([]);
    await expect(files.find({ ...table, bytes: FETCHED_FILE_BYTES + 1 })).rejects.toMatchObject({ data: { code: 'fleet.missing-file', hint: expect.stringMatching(/--fetch-models/) as unknown } });
  });
});
