import { z } from 'zod';
import type { GraphPlan, PlannedNode } from '../../runtime/plan-graph.ts';
import { linkedNodes } from '../../runtime/plan-graph.ts';
import { canonicalJson, hashText } from '../../runtime/content-key.ts';
import { median } from '../median.ts';
import { JsonFile } from './json-file.ts';

const sampleSchema = z.object({ ms: z.array(z.number()), bytes: z.number().optional(), used: z.number() });
const schema = z.record(z.string(), sampleSchema);

/** Times kept of each kind of work; the median of few is little moved by a busy minute. */
const SAMPLES = 9;
/** Kinds of work that are remembered. */
const LIMIT = 4000;

export interface Estimate {
  readonly ms: number;
  /** Bytes that the engine had in memory right after; undefined when it couldn't be told. */
  readonly bytes: number | undefined;
}

/** What was measured of a node. */
export interface Measurement {
  readonly ms: number;
  readonly bytes?: number;
}

/** A param as far as time depends on it: numbers and choices themselves, of texts and lists only how many, nothing of seeds. */
function likeParam({ schema: { params } }: PlannedNode, name: string, value: unknown): unknown {
  const kind = params[name]?.kind;
  if (kind === 'seed' || kind === 'text') return undefined;
  if (Array.isArray(value)) return value.length;
  return value;
}

/**
 * Names what takes time in each node of a plan: node type and version, device, sizes and settings of it and of everything upstream. Equal names, like times.
 */
export function workShapes(plan: GraphPlan): Map<string, string> {
  const shapes = new Map<string, string>();
  for (const planned of plan.nodes.values()) {
    const params = Object.fromEntries(Object.entries(planned.params).map(([name, value]) => [name, likeParam(planned, name, value)]));
    const upstream = linkedNodes(planned.node).map((id) => shapes.get(id) ?? '');
    shapes.set(planned.id, hashText(canonicalJson([planned.schema.type, planned.schema.version, planned.device, params, upstream])).slice(0, 24));
  }
  return shapes;
}

/** Measured times of work, for what a run is expected to take. */
export class RunTimings {
  private readonly file: JsonFile<z.infer<typeof schema>>;

  constructor(path: string, private readonly now: () => number = Date.now) {
    this.file = new JsonFile(path, schema, () => ({}));
  }

  /** @param measured By node id; only nodes that really ran. */
  async record(plan: GraphPlan, measured: ReadonlyMap<string, Measurement>): Promise<void> {
    if (measured.size === 0) return;
    const shapes = workShapes(plan);
    await this.file.update((known) => {
      const next = { ...known };
      for (const [id, { ms, bytes }] of measured) {
        const shape = shapes.get(id);
        if (shape === undefined) continue;
        const before = next[shape];
        next[shape] = { ms: [...(before?.ms ?? []), ms].slice(-SAMPLES), used: this.now(), ...(bytes === undefined ? {} : { bytes: Math.max(bytes, before?.bytes ?? 0) }) };
      }
      const entries = Object.entries(next);
      return entries.length <= LIMIT ? next : Object.fromEntries(entries.sort(([, a], [, b]) => b.used - a.used).slice(0, LIMIT));
    });
  }

  /** By node id; nodes whose work was never measured are left out. */
  async estimate(plan: GraphPlan): Promise<Map<string, Estimate>> {
    const known = await this.file.read();
    const found = [...workShapes(plan)].flatMap(([id, shape]) => {
      const sample = known[shape];
      return sample === undefined ? [] : [[id, { ms: median(sample.ms), bytes: sample.bytes }] as const];
    });
    return new Map(found);
  }
}
