import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GraphFile, GraphNode } from '../../../src/contract/graph-file.ts';
import { encodePng } from '../../../src/main/services/images/codec.ts';

export type Nodes = Record<string, Pick<GraphNode, 'type'> & Partial<GraphNode>>;

/** The folder of one fault: a small model, a graph, and whatever the fault needs. */
export interface Scene {
  /** Absolute; the model root `models:` and the graph's folder. */
  readonly folder: string;
  /** The model that faults are put into, absolute. */
  readonly model: string;
  /** Where the run writes. */
  readonly out: string;
}

/** What one fault must come to. */
export interface Fault {
  /** Lower-case words joined by hyphens. */
  readonly name: string;
  /** Puts the fault in place; returns the graph to run (a path), or more words for the command line after it. */
  readonly prepare: (scene: Scene) => Promise<readonly string[]>;
  /** 2: bad input; 1: failed while running; 0: runs, with a warning. */
  readonly exit: 0 | 1 | 2;
  /** The error's code; none for a warning. */
  readonly code?: string;
  /** What a person must be told. */
  readonly says: RegExp;
  /** Shell command that runs the program (`"$@"`) in a world of its own; $OUT_FOLDER is the output folder, $SEEN_FOLDER takes its contents where nobody else sees them. */
  readonly within?: string;
}

const from = (node: string, port: string): { node: string; port: string } => ({ node, port });

export const BACKBONE: Nodes = { backbone: { type: 'LoadBackbone', params: { folder: 'models:model' } } };

/** Renders one picture in two steps. */
export const RENDER: Nodes = {
  ...BACKBONE,
  prompts: { type: 'EncodePrompt', params: { prompts: ['a robot'] }, inputs: { textEncoders: from('backbone', 'textEncoders') } },
  latent: { type: 'EmptyLatent', params: { seeds: [1], width: 16, height: 16 }, inputs: { backbone: from('backbone', 'backbone') } },
  sample: {
    type: 'Sample', params: { steps: 2, scheduler: 'ddim' },
    inputs: { backbone: from('backbone', 'backbone'), positive: from('prompts', 'positive'), negative: from('prompts', 'negative'), latents: from('latent', 'latents') },
  },
  decode: { type: 'VAEDecode', inputs: { vae: from('backbone', 'vae'), latents: from('sample', 'latents') } },
  save: { type: 'SaveImage', params: { name: 'picture' }, inputs: { image: from('decode', 'image') } },
};

export const TRIGGER = 'Aldric Vortex-9 CyberNebula';

/** Makes and saves an untrained table of a trigger. */
export function tableNodes(trigger = TRIGGER): Nodes {
  return {
    ...BACKBONE,
    registry: { type: 'TriggerRegistry', params: { trigger }, inputs: { textEncoders: from('backbone', 'textEncoders') } },
    table: { type: 'ConceptTable', inputs: { registry: from('registry', 'registry'), textEncoders: from('backbone', 'textEncoders') } },
    save: { type: 'SaveTable', params: { name: 'concept' }, inputs: { table: from('table', 'table') } },
  };
}

/** Trains a table for a step on the dataset `pictures`. */
export const TRAIN: Nodes = {
  ...tableNodes(),
  dataset: { type: 'ImageDataset', params: { folder: 'pictures', trigger: TRIGGER } },
  train: { type: 'Train', params: { steps: 1, batchSize: 1 }, inputs: { backbone: from('backbone', 'backbone'), table: from('table', 'table'), dataset: from('dataset', 'dataset') } },
  save: { type: 'SaveTable', params: { name: 'concept' }, inputs: { table: from('train', 'table') } },
};

/** The same nodes with params or inputs of one of them changed. */
export function changed(nodes: Nodes, id: string, change: Partial<GraphNode>): Nodes {
  const node = nodes[id];
  if (node === undefined) throw new Error(`The graph has no node "${id}"`);
  return { ...nodes, [id]: { ...node, ...change, params: { ...node.params, ...change.params }, inputs: { ...node.inputs, ...change.inputs } } };
}

/** Writes a graph of these nodes; returns its path. */
export async function writeGraphFile(scene: Scene, nodes: Nodes): Promise<string> {
  const complete = Object.fromEntries(Object.entries(nodes).map(([id, node]) => [id, { version: 1, params: {}, inputs: {}, ...node }]));
  const file: GraphFile = { format: 'engram-graph', version: 1, name: 'fault', nodes: complete };
  const path = join(scene.folder, 'fault.graph.json');
  await writeFile(path, JSON.stringify(file));
  return path;
}

/** Makes the scene's folder with a whole model in it. */
export async function makeScene(root: string, folder: string): Promise<Scene> {
  const scene = { folder, model: join(folder, 'model'), out: join(folder, 'out') };
  await mkdir(scene.out, { recursive: true });
  await cp(join(root, 'test', 'fixtures', 'reference', 'tiny-sd15'), scene.model, { recursive: true });
  return scene;
}

/** A dataset of one grey picture with a caption. */
export async function writePictures(scene: Scene, caption: string): Promise<void> {
  const folder = join(scene.folder, 'pictures');
  await mkdir(folder, { recursive: true });
  const picture = await encodePng({ width: 16, height: 16, pixels: new Uint8Array(16 * 16 * 3).fill(128) });
  await writeFile(join(folder, '01.png'), picture);
  await writeFile(join(folder, '01.txt'), caption);
}

/** Changes keys of a JSON file of the model. */
export async function changeJson(scene: Scene, path: string, change: Readonly<Record<string, unknown>>): Promise<void> {
  const file = join(scene.model, path);
  await writeFile(file, JSON.stringify({ ...(JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>), ...change }));
}

interface HeaderEntry { dtype: string; shape: number[]; data_offsets: [number, number] }

/** Reads a safetensors file of the model apart, and writes it together again once `change` has had its way with header and data. */
async function rewrite(scene: Scene, path: string, change: (header: Record<string, HeaderEntry>, data: Buffer) => Buffer): Promise<void> {
  const file = join(scene.model, path);
  const bytes = await readFile(file);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, start).toString('utf8')) as Record<string, HeaderEntry>;
  const data = change(header, bytes.subarray(start));
  const text = Buffer.from(JSON.stringify(header));
  const padded = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  await writeFile(file, Buffer.concat([length, padded, data]));
}

/** Changes one tensor: its entry in the header, and its bytes in place. */
export function changeTensor(scene: Scene, path: string, name: string, change: { entry?: (entry: HeaderEntry) => HeaderEntry; data?: (bytes: Uint8Array) => void }): Promise<void> {
  return rewrite(scene, path, (header, data) => {
    const entry = header[name];
    if (entry === undefined) throw new Error(`${path}: no tensor "${name}"`);
    change.data?.(data.subarray(...entry.data_offsets));
    header[name] = change.entry?.(entry) ?? entry;
    return data;
  });
}

/** Adds a tensor of two zeros. */
export function addTensor(scene: Scene, path: string, name: string): Promise<void> {
  return rewrite(scene, path, (header, data) => {
    header[name] = { dtype: 'F32', shape: [2], data_offsets: [data.length, data.length + 8] };
    return Buffer.concat([data, Buffer.alloc(8)]);
  });
}
