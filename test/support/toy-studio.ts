import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { GraphFile } from '../../src/contract/graph-file.ts';
import type { NodeDefinition } from '../../src/contract/node.ts';
import type { StudioEvent } from '../../src/contract/studio-api.ts';
import { NodeRegistry } from '../../src/main/runtime/node-registry.ts';
import type { NodeRunner } from '../../src/main/runtime/node-runner.ts';
import { FileHashes } from '../../src/main/services/file-hashes.ts';
import { Studio } from '../../src/main/services/studio/studio.ts';
import { failNode, hangNode, imageNode, printNode, sumNode, toyHost, type ToyServices } from './toy-nodes.ts';

/** A studio over toy nodes that run in this process. */
export interface ToyStudio {
  readonly studio: Studio;
  readonly events: StudioEvent[];
  readonly ran: readonly string[];
  readonly work: string;
  /** Waits for an event. */
  until<E extends StudioEvent>(found: (event: StudioEvent) => event is E): Promise<E>;
  /** Waits until a run has ended, and gives its status. */
  ended(runId: string): Promise<string>;
}

/** Stops where it is told to, and goes on there. */
export function stepsNode(steps: number, onStep: (step: number) => void): NodeDefinition<ToyServices> {
  let done = 0;
  return {
    ...sumNode, type: 'Steps', title: 'Steps', resumable: true,
    async run(context) {
      while (done < steps) {
        if (context.signal.aborted) throw new Error('stopped');
        done += 1;
        context.progress({ done, total: steps, figures: { loss: 1 / done } });
        onStep(done);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      return { total: done };
    },
  };
}

export const TOY_NODES = [sumNode, failNode, hangNode, printNode, imageNode];

/** Opens a studio below a folder; opening it again finds what the one before has left. */
export async function openToyStudio(root: string, more: readonly NodeDefinition<ToyServices>[] = [], wrap: (runner: NodeRunner) => NodeRunner = (runner) => runner): Promise<ToyStudio> {
  const nodes = [...TOY_NODES, ...more];
  const host = toyHost({ nodes });
  const events: StudioEvent[] = [];
  const listeners = new Set<() => void>();
  const work = join(root, 'work');
  const shippedFolder = join(root, 'shipped');
  await mkdir(work, { recursive: true });
  await mkdir(shippedFolder, { recursive: true });
  const unused = (): never => { throw new Error('not in toy studios'); };
  const studio = await Studio.open({
    dataFolder: join(root, 'data'), cacheFolder: join(root, 'cache'), outputFolder: join(root, 'out'), workFolder: work, shippedFolder, folders: [],
    roots: [{ name: 'models', path: join(root, 'models'), fixed: true }], hashes: new FileHashes(undefined), engine: wrap(host), catalogue: new NodeRegistry(nodes).catalogue(),
    facts: { residentBytes: async () => 1000, probeDevices: async () => [] },
    readers: { family: unused, tableSummary: unused, describeTable: unused, compareTables: unused, explainPrompts: unused },
    emit: (event) => {
      events.push(event);
      for (const listener of listeners) listener();
    },
  });
  const until = <E extends StudioEvent>(found: (event: StudioEvent) => event is E): Promise<E> => new Promise((resolve) => {
    const look = (): void => {
      const event = events.find(found);
      if (event === undefined) return;
      listeners.delete(look);
      resolve(event);
    };
    listeners.add(look);
    look();
  });
  return {
    studio, events, ran: host.ran, work, until,
    async ended(runId) {
      const event = await until((candidate): candidate is Extract<StudioEvent, { event: 'run' }> => candidate.event === 'run' && candidate.data.runId === runId && candidate.data.event.type === 'run-end');
      return (event.data.event as { status: string }).status;
    },
  };
}

/** A graph file of toy nodes: `{ id: [type, params, inputs] }`. */
export function toyGraph(nodes: Readonly<Record<string, readonly [string, Record<string, number>?, Record<string, { node: string; port: string }>?]>>): GraphFile {
  return {
    format: 'engram-graph', version: 1,
    nodes: Object.fromEntries(Object.entries(nodes).map(([id, [type, params = {}, inputs = {}]]) => [id, { type, version: 1, params, inputs }])),
  };
}
