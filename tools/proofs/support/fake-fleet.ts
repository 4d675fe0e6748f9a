import type { BatchPlan, PlannedRow } from '../../../src/contract/batch-plan.ts';
import { batchFileSchema } from '../../../src/contract/batch-file.ts';
import { hashText } from '../../../src/main/runtime/content-key.ts';
import type { RowRenderer } from '../../../src/main/services/fleet/rows.ts';
import type { Store } from '../../../src/main/services/fleet/store.ts';

/** A store in memory, so that what is measured is the queue. */
export function memoryStore(): Store & { readonly files: ReadonlyMap<string, Uint8Array> } {
  const files = new Map<string, Uint8Array>();
  return {
    files, location: 'memory',
    check: async () => undefined,
    has: async (name) => files.has(name),
    get: async (name) => files.get(name),
    put: async (name, bytes) => { files.set(name, bytes); },
    create: async (name, bytes) => {
      if (files.has(name)) return false;
      files.set(name, bytes);
      return true;
    },
    async *list(folder) {
      for (const name of files.keys()) if (name.startsWith(`${folder}/`)) yield name;
    },
    delete: async (name) => { files.delete(name); },
  };
}

/** A plan of rows that are keys and names alone. */
export function fakePlan(rows: number): BatchPlan {
  return {
    format: 'engram-batch-plan', version: 1, batchKey: hashText(`fake ${rows}`), name: 'fake', folder: '/', batch: batchFileSchema.parse({ format: 'engram-batch', version: 1 }), width: 1, needs: { device: 'any' },
    axes: ['prompt', 'seed'], graphs: [{ name: 'g', folder: '/', graph: { format: 'engram-graph', version: 1, nodes: {} }, writers: [], shape: '' }],
    rows: Array.from({ length: rows }, (_, index): PlannedRow => ({
      index, id: hashText(`row ${index}`), labels: { prompt: `prompt ${index % 100}`, seed: String(index) }, graph: 0, set: { 'latent.seeds': [index] }, output: `prompt-${index % 100}/${index}`,
    })),
    duplicates: [], shared: [], estimates: { seconds: undefined, bytes: undefined, measuredRows: 0, device: undefined }, notices: [],
  };
}

/** Renders nothing, in no time. */
export const instantRenderer: RowRenderer = {
  prepare: async () => ({
    run: async (rows, { onRow, signal }) => {
      for (const row of rows) if (!signal.aborted) await onRow(row, { outputs: [], device: null, how: 'rendered' });
    },
  }),
};
