import { z } from 'zod';
import { batchFileSchema, needsSchema, type BatchNeeds } from '../../../contract/batch-file.ts';
import { PLAN_FORMAT_VERSION, type BatchPlan, type PlannedRow } from '../../../contract/batch-plan.ts';
import { inputError, runError, type AppError } from '../../../contract/errors.ts';
import { graphFileSchema } from '../../../contract/graph-file.ts';
import { printValue, type ParamValue } from '../../../contract/params.ts';
import { errorDataSchema } from '../../../contract/engine-rpc.ts';
import { writeFileAtomic } from '../atomic-write.ts';
import { errorCode, nodeFileSystem, type FileSystem } from '../file-system.ts';
import { nameKey, safeSegment } from './naming.ts';
import { batchKeyOf } from './plan-batch.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);
const paramValue = z.union([z.number(), z.boolean(), z.string(), z.array(z.string()), z.array(z.number())]);

/** Rows as they are kept: index, id, graph, output, places in the lists of labels (one per axis) and values (one per target of its graph), and in that of needs where the row has its own. */
const rowSchema = z.tuple([count, hash, count, z.string().min(1).max(1000), z.array(count), z.array(count), count.optional()]);

const planSchema = z.strictObject({
  format: z.literal('engram-batch-plan'),
  version: z.int().min(1),
  batchKey: hash,
  name: z.string(),
  folder: z.string(),
  batch: batchFileSchema,
  width: z.int().min(1),
  needs: needsSchema,
  axes: z.array(z.string()),
  graphs: z.array(z.strictObject({
    name: z.string(),
    folder: z.string(),
    graph: graphFileSchema,
    writers: z.array(z.strictObject({ node: z.string(), param: z.string(), suffix: z.string() })),
    shape: z.string(),
    /** What rows of this graph set, `node.param`. */
    targets: z.array(z.string()),
  })),
  duplicates: z.array(z.tuple([count, count, z.array(count)])),
  shared: z.array(z.strictObject({ type: z.string(), runs: count, of: count })),
  estimates: z.strictObject({ seconds: z.number().optional(), bytes: z.number().optional(), measuredRows: count, device: z.string().optional() }),
  notices: z.array(errorDataSchema),
  /** Every label and every value once: rows of a product repeat few of them. */
  labels: z.array(z.string()),
  values: z.array(paramValue),
  /** What rows need of a machine, where it isn't what the batch does. */
  rowNeeds: z.array(needsSchema).default([]),
  rows: z.array(rowSchema),
});
type StoredPlan = z.output<typeof planSchema>;
type StoredRow = z.output<typeof rowSchema>;

/** Numbers things in the order in which they come, equal ones alike. */
class Numbering<T> {
  readonly items: T[] = [];
  private readonly known = new Map<unknown, number>();

  /** @param key What tells items apart. */
  numberOf(item: T, key: unknown): number {
    const number = this.known.get(key) ?? this.items.push(item) - 1;
    this.known.set(key, number);
    return number;
  }
}

/** A plan as text: one row per line, so that two plans can be compared by eye. */
export function formatPlan(plan: BatchPlan): string {
  const labels = new Numbering<string>();
  const values = new Numbering<ParamValue>();
  const labelsOf = (of: Readonly<Record<string, string>>): number[] => plan.axes.map((axis) => labels.numberOf(of[axis] as string, of[axis]));
  const targets = plan.graphs.map((_, graph) => Object.keys(plan.rows.find((row) => row.graph === graph)?.set ?? {}));
  const needs = new Numbering<BatchNeeds>();
  const rows = plan.rows.map(({ index, id, graph, output, labels: own, set, needs: need }): StoredRow => {
    const numbers = (targets[graph] as string[]).map((target) => values.numberOf(set[target] as ParamValue, JSON.stringify(set[target])));
    return [index, id, graph, output, labelsOf(own), numbers, ...(need === undefined ? [] as const : [needs.numberOf(need, JSON.stringify(need))] as const)];
  });
  const head = {
    ...plan,
    graphs: plan.graphs.map((graph, number) => ({ ...graph, targets: targets[number] })),
    duplicates: plan.duplicates.map(({ index, of, labels: own }) => [index, of, labelsOf(own)]),
    labels: labels.items, values: values.items, rowNeeds: needs.items,
  };
  const { rows: _rows, ...rest } = head;
  return `${JSON.stringify(rest).slice(0, -1)},"rows":[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]}\n`;
}

function damaged(where: string, rule: string, got: string): AppError {
  return runError('batch.plan-damaged', where, rule, { got, path: where, hint: 'Plan into another folder with --out; the images in this one stay as they are' });
}

/** The item of a list that a plan names by number. */
function itemOf<T>(items: readonly T[], number: number | undefined, where: string): T {
  const item = number === undefined ? undefined : items[number];
  if (item === undefined) throw damaged(where, 'numbers must name what is in the plan', String(number));
  return item;
}

function namedBy<T>(names: readonly string[], items: readonly T[], numbers: readonly number[], where: string): Record<string, T> {
  if (names.length !== numbers.length) throw damaged(where, `a row must have ${names.length} numbers`, String(numbers.length));
  return Object.fromEntries(names.map((name, index) => [name, itemOf(items, numbers[index], where)]));
}

function readRow([index, id, graph, output, labels, values, need]: StoredRow, stored: StoredPlan, where: string): PlannedRow {
  const { targets } = itemOf(stored.graphs, graph, where);
  if (output.split('/').some((segment) => segment !== safeSegment(segment, 200))) throw damaged(where, 'names of outputs must be safe', printValue(output));
  return { index, id, labels: namedBy(stored.axes, stored.labels, labels, where), graph, set: namedBy(targets, stored.values, values, where), output, ...(need === undefined ? {} : { needs: itemOf(stored.rowNeeds, need, where) }) };
}

/** What must hold between the parts. */
function checkPlan(plan: BatchPlan, stored: StoredPlan, where: string): void {
  for (const { graph: { nodes }, writers, targets } of stored.graphs) {
    const missing = [...writers.map(({ node }) => node), ...targets.map((target) => target.split('.')[0] ?? '')].find((id) => !Object.hasOwn(nodes, id));
    if (missing !== undefined) throw damaged(where, 'what is set must be a node of the graph', missing);
  }
  if (new Set(plan.rows.map(({ id }) => id)).size !== plan.rows.length) throw damaged(where, 'rows must have different keys', 'one key twice');
  if (new Set(plan.rows.map(({ output }) => nameKey(output))).size !== plan.rows.length) throw damaged(where, 'outputs must have different names', 'one name twice');
  if (batchKeyOf(plan.rows) !== plan.batchKey) throw damaged(where, 'the batch key must be that of the rows', plan.batchKey);
}

/**
 * Reads the text of a plan.
 * @throws AppError `batch.plan-damaged` for anything that {@link formatPlan} wouldn't have written, `batch.newer-plan`.
 */
export function parsePlan(text: string, where: string): BatchPlan {
  let raw: unknown;
  try {
    raw = JSON.parse(text) as unknown;
  } catch (error) {
    throw damaged(where, 'must be JSON', (error as Error).message.slice(0, 200));
  }
  const version = (raw as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version > PLAN_FORMAT_VERSION) {
    throw inputError('batch.newer-plan', where, `version must be at most ${PLAN_FORMAT_VERSION}`, { got: String(version), hint: 'This plan was made by a newer Engram Studio; update the program.' });
  }
  const result = planSchema.safeParse(raw);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw damaged(where, 'must be a plan as this program writes it', `${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  const stored = result.data;
  const { labels, values: _values, rowNeeds: _needs, rows, duplicates, graphs, estimates, ...rest } = stored;
  const plan: BatchPlan = {
    ...rest,
    needs: stored.needs satisfies BatchNeeds,
    graphs: graphs.map(({ targets: _targets, ...graph }) => graph),
    rows: rows.map((row) => readRow(row, stored, where)),
    duplicates: duplicates.map(([index, of, numbers]) => ({ index, of, labels: namedBy(stored.axes, labels, numbers, where) })),
    estimates: { seconds: estimates.seconds, bytes: estimates.bytes, measuredRows: estimates.measuredRows, device: estimates.device },
    notices: stored.notices,
  };
  checkPlan(plan, stored, where);
  return plan;
}

/** Writes a plan, whole or not at all, and flushed. @throws AppError `files.write`. */
export async function writePlan(path: string, plan: BatchPlan, fileSystem: FileSystem = nodeFileSystem): Promise<void> {
  await writeFileAtomic(path, formatPlan(plan), fileSystem);
}

/** Reads a plan back; undefined when there is none. @throws AppError `batch.plan-damaged`, `batch.newer-plan`, `files.read`. */
export async function readPlan(path: string, fileSystem: FileSystem = nodeFileSystem): Promise<BatchPlan | undefined> {
  let text: string;
  try {
    text = await fileSystem.readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
    throw runError('files.read', path, 'plan must be readable', { got: (error as Error).message, path });
  }
  return parsePlan(text, path);
}
