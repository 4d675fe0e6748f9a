import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { RunMemory } from '../runtime/demand.ts';
import { writeFileAtomic } from './atomic-write.ts';

const partsSchema = z.object({
  type: z.string(),
  version: z.number(),
  params: z.record(z.string(), z.unknown()),
  inputs: z.record(z.string(), z.array(z.string())),
  device: z.string().nullable(),
});
const fileSchema = z.record(z.string(), partsSchema);
type Parts = z.infer<typeof partsSchema>;

/**
 * Remembers per graph what its nodes were last run with, in one file per graph, so that a later run can say why a node ran again.
 * A damaged or missing file only means that nothing is known.
 */
export function createRunMemory(folder: string, graphPath: string): RunMemory {
  const path = join(folder, `${createHash('sha256').update(graphPath).digest('hex').slice(0, 32)}.json`);
  let known: Promise<Map<string, Parts>> | undefined;
  const load = async (): Promise<Map<string, Parts>> => {
    const text = await readFile(path, 'utf8').catch(() => '{}');
    try {
      return new Map(Object.entries(fileSchema.safeParse(JSON.parse(text)).data ?? {}));
    } catch {
      return new Map();
    }
  };
  const entries = (): Promise<Map<string, Parts>> => (known ??= load());
  return {
    recall: async (nodeId) => (await entries()).get(nodeId),
    remember: async (nodeId, parts) => {
      const map = await entries();
      map.set(nodeId, { ...parts, params: { ...parts.params }, inputs: Object.fromEntries(Object.entries(parts.inputs).map(([name, keys]) => [name, [...keys]])) });
      await writeFileAtomic(path, JSON.stringify(Object.fromEntries(map)));
    },
  };
}
