import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { NodeServices } from '../../nodes/services.ts';
import { LatentColorCache } from '../../nodes/latent-colors.ts';
import { TextStateCache } from '../../nodes/text-states.ts';
import type { InjectedEncoders } from '../../nodes/values.ts';
import { loadBackboneNode } from '../../nodes/models/load-backbone.ts';
import type { ErrorData } from '../../src/contract/errors.ts';
import type { Artifact, NodeDefinition, Progress, RunContext } from '../../src/contract/node.ts';
import type { Backbone, Vae } from '../../src/main/backbones/backbone.ts';
import { chooseDevice } from '../../src/main/engine/devices.ts';
import { createSessionProvider, type EngineSessions } from '../../src/main/engine/sessions.ts';
import { nodeServicesFor } from '../../src/main/node-services.ts';
import { FileHashes } from '../../src/main/services/file-hashes.ts';
import { REFERENCE } from './reference-case.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A complete, random SD1.5 model of 64 x 64 pixels that runs in milliseconds. */
export const TINY_MODEL = join(REFERENCE, 'tiny-sd15');

/** What one run of one node has given and told. */
export interface BenchRun<T> {
  readonly values: T;
  readonly warnings: readonly ErrorData[];
  readonly artifacts: readonly Artifact[];
  readonly progress: readonly Progress[];
  readonly previews: readonly { readonly png: Uint8Array; readonly label: string; readonly step: number | undefined }[];
}

/** How one run differs from the usual. */
export interface BenchOptions {
  readonly signal?: AbortSignal;
  /** Where it writes; a folder of the test's own when left out. */
  readonly outputFolder?: string;
  /** Names the unfinished work; a letter is enough. */
  readonly contentKey?: string;
  readonly onProgress?: (progress: Progress) => void;
  readonly onPreview?: (preview: BenchRun<unknown>['previews'][number]) => void;
  readonly inputKeys?: Readonly<Record<string, readonly string[]>>;
  readonly graph?: string;
  /** Somebody looks on; nobody when left out. */
  readonly watched?: boolean;
}

export interface TinyModel {
  readonly backbone: Backbone;
  readonly textEncoders: InjectedEncoders;
  readonly vae: Vae;
}

/** Runs single nodes with the engine's real services: one thread, files in temporary folders. */
export class NodeBench {
  private sessions: EngineSessions | undefined;
  private textStates: TextStateCache | undefined;
  private latentColors: LatentColorCache | undefined;
  /** Unfinished work of all content keys. */
  readonly workFolder = mkdtempSync(join(tmpdir(), 'engram-bench-'));

  /** Runs a node; params that aren't given have their defaults. @throws what the node throws */
  async run<T>(node: NodeDefinition<NodeServices>, inputs: Readonly<Record<string, unknown>>, params: Readonly<Record<string, unknown>> = {}, options: BenchOptions = {}): Promise<BenchRun<T>> {
    const told = { warnings: [] as ErrorData[], artifacts: [] as Artifact[], progress: [] as Progress[], previews: [] as { png: Uint8Array; label: string; step: number | undefined }[] };
    const where = `${node.type} "test"`;
    const graph = options.graph ?? '{"format":"engram-graph","nodes":{}}';
    const complete = { ...Object.fromEntries(Object.entries(node.params).map(([name, schema]) => [name, schema.default])), ...params };
    const request = {
      nodeId: 'test', where, type: node.type, version: node.version, params: complete, inputs: {}, contentKey: (options.contentKey ?? 'a').repeat(64), graph,
      outputFolder: options.outputFolder ?? await temporaryFolder(), provenance: { program: '0.0.0', device: null, contentKey: 'a'.repeat(64), nodes: {}, files: [] },
    };
    const context: RunContext<NodeServices> = {
      nodeId: 'test', where, graph, contentKey: request.contentKey, inputKeys: options.inputKeys ?? {}, provenance: request.provenance, signal: options.signal ?? new AbortController().signal, watched: options.watched === true,
      services: await this.services(request),
      progress: (progress) => { told.progress.push(progress); options.onProgress?.(progress); },
      preview: (png, label, step) => { told.previews.push({ png, label, step }); options.onPreview?.({ png, label, step }); },
      warn: (warning) => { told.warnings.push(warning); },
      artifact: (artifact) => { told.artifacts.push(artifact); },
    };
    const values = await node.run(context, inputs, complete);
    return { values: values as T, ...told };
  }

  async tiny(): Promise<TinyModel> {
    return (await this.run<TinyModel>(loadBackboneNode, {}, { folder: TINY_MODEL })).values;
  }

  async dispose(): Promise<void> {
    await this.sessions?.dispose();
    await rm(this.workFolder, { recursive: true, force: true });
  }

  private async services(request: Parameters<typeof nodeServicesFor>[0]): Promise<NodeServices> {
    this.sessions ??= await createSessionProvider({ device: await chooseDevice('cpu'), plan: 'default', threads: 1 });
    this.textStates ??= new TextStateCache(this.sessions, 1e6);
    this.latentColors ??= new LatentColorCache(this.sessions);
    return nodeServicesFor(request, { sessions: this.sessions, textStates: this.textStates, latentColors: this.latentColors, hashes: new FileHashes(join(this.workFolder, 'hashes')), workFolder: this.workFolder });
  }
}

/** A bench for the tests of one file. */
export function nodeBench(): NodeBench {
  const bench = new NodeBench();
  afterAll(() => bench.dispose());
  return bench;
}
