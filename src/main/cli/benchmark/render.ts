import { join } from 'node:path';
import { AppError, internalError } from '../../../contract/errors.ts';
import type { GraphFile } from '../../../contract/graph-file.ts';
import type { RunEvent, RunSummary } from '../../../contract/run-events.ts';
import { runGraph } from '../../runtime/execute.ts';
import type { NodeRunner } from '../../runtime/node-runner.ts';
import { createRunFiles } from '../../services/run-files.ts';
import { createRunMemory } from '../../services/run-memory.ts';
import { decodeImageFile } from '../../services/images/codec.ts';
import type { RgbImage } from '../../services/images/rgb-image.ts';
import type { Workspace } from '../workspace.ts';
import type { BenchmarkBackbone } from './backbones.ts';
import type { Identity } from './data.ts';
import { from, node, type BenchmarkMethod, type Nodes } from './methods.ts';

/** One list of prompts that a method renders, each with every seed. */
export interface PromptJob {
  /** Letters, digits and hyphens: ids of nodes and names of files begin with it. */
  readonly id: string;
  readonly prompts: readonly string[];
  readonly seeds: readonly number[];
}

/** A rendered picture. */
export interface Rendered {
  readonly image: RgbImage;
  readonly path: string;
  /** Equal for equal pixels. */
  readonly hash: string;
}

/** What one graph came to. */
export interface RenderedJobs {
  /** By job id: prompts in order, every seed of a prompt in turn. */
  readonly pictures: Readonly<Record<string, readonly Rendered[]>>;
  /** Path of each identity's trained table. */
  readonly tables: Readonly<Record<string, string>>;
}

/** Where graphs run: the program's own runner, with its cache, so that a benchmark that was broken off goes on. */
export interface RenderPlace {
  readonly workspace: Workspace;
  readonly runner: NodeRunner;
  /** The benchmark's data: references are read from here. */
  readonly dataFolder: string;
  readonly outputFolder: string;
  readonly signal: AbortSignal;
  onEvent(label: string, event: RunEvent): void;
}

function jobNodes({ id, prompts, seeds }: PromptJob, method: BenchmarkMethod, encoders: ReturnType<typeof from>, backbone: BenchmarkBackbone): Nodes {
  const model = from('backbone', 'backbone');
  return {
    [`${id}-prompts`]: node('EncodePrompt', { prompts: [...prompts] }, { textEncoders: encoders }),
    [`${id}-latents`]: node('EmptyLatent', { seeds: [...seeds] }, { backbone: model }),
    [`${id}-sample`]: node('Sample', { ...backbone.sample }, {
      backbone: model, positive: from(`${id}-prompts`, 'positive'), negative: from(`${id}-prompts`, 'negative'), latents: from(`${id}-latents`, 'latents'),
    }),
    [`${id}-decode`]: node('VAEDecode', {}, { vae: from('backbone', 'vae'), latents: from(`${id}-sample`, 'latents') }),
    [`${id}-save`]: node('SaveImage', { name: `${method.name}/${id}/picture`, metadata: 'none' }, { image: from(`${id}-decode`, 'image') }, 2),
  };
}

/** The graph that renders jobs with one method; the same nodes that a person would lay out by hand. */
export function renderGraph(backbone: BenchmarkBackbone, method: BenchmarkMethod, identities: readonly Identity[], jobs: readonly PromptJob[]): GraphFile {
  const { nodes, encoders } = method.attach(identities, backbone);
  return {
    format: 'engram-graph', version: 1, name: `benchmark-${method.name}`,
    nodes: {
      backbone: node('LoadBackbone', { folder: backbone.folder }), ...nodes,
      ...Object.assign({}, ...jobs.map((job) => jobNodes(job, method, encoders, backbone))) as Nodes,
    },
  };
}

function throwFirst({ errors, status }: RunSummary, label: string): void {
  const [error] = errors;
  if (error !== undefined) throw new AppError(error);
  if (status !== 'done') throw internalError('benchmark.run', label, 'the graph must run to its end', { got: status });
}

/** Renders jobs with one method and reads the pictures. @throws AppError of the first node that failed. */
export async function renderJobs(place: RenderPlace, backbone: BenchmarkBackbone, method: BenchmarkMethod, identities: readonly Identity[], jobs: readonly PromptJob[]): Promise<RenderedJobs> {
  const { workspace, dataFolder, outputFolder } = place;
  const label = `${method.name} ${identities.map(({ name }) => name).join('+')}`.trim();
  const summary = await runGraph({
    graph: renderGraph(backbone, method, identities, jobs), where: label, runner: place.runner, signal: place.signal, outputFolder,
    files: createRunFiles(workspace.scope(dataFolder), workspace.hashes),
    memory: createRunMemory(join(workspace.settings.cacheFolder, 'runs'), `benchmark ${label}`),
    onEvent: (event) => { place.onEvent(label, event); },
  });
  throwFirst(summary, label);
  const pictures: Record<string, Rendered[]> = {};
  for (const { id, prompts, seeds } of jobs) {
    const outputs = summary.outputs.filter((output) => output.node === `${id}-save`);
    if (outputs.length !== prompts.length * seeds.length) throw internalError('benchmark.pictures', label, `${id} must give ${prompts.length * seeds.length} pictures`, { got: String(outputs.length) });
    pictures[id] = await Promise.all(outputs.map(async ({ path, pixels }) => ({ image: await decodeImageFile(path), path, hash: pixels ?? '' })));
  }
  const tables = Object.fromEntries(identities.flatMap(({ name }) => summary.outputs.filter((output) => output.node === `${name}-table`).map(({ path }) => [name, path])));
  return { pictures, tables };
}
