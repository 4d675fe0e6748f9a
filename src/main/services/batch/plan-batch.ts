import { createHash } from 'node:crypto';
import { GRAPH_TARGET, isParamTarget } from '../../../contract/batch-file.ts';
import { PLAN_FORMAT_VERSION, type BatchPlan, type DuplicateRow, type PlanEstimates, type PlannedGraph, type PlannedRow, type SharedWork } from '../../../contract/batch-plan.ts';
import { inputError, toErrorData, type ErrorData } from '../../../contract/errors.ts';
import type { GraphFile } from '../../../contract/graph-file.ts';
import type { NodeSchema } from '../../../contract/node.ts';
import type { ParamValue } from '../../../contract/params.ts';
import type { GraphPlan, RunFiles } from '../../runtime/plan-graph.ts';
import { GraphFaults } from '../../runtime/read-graph.ts';
import type { FileHashes } from '../file-hashes.ts';
import type { ReadScope } from '../path-scope.ts';
import { createRunFiles } from '../run-files.ts';
import { expandBatch, stepsOf, type ExpandedBatch } from './expand.ts';
import { shapeOf, type BatchHistory } from './history.ts';
import { isNumberedForm, parseTemplate, UniqueNames, type NameTemplate } from './naming.ts';
import { planFirstRow, prepareGraph, varyingParams, type GraphAxis, type PreparedGraph } from './prepare-graph.ts';
import { BatchFaults, OWN_TOKENS, type LoadedBatch } from './read-batch.ts';
import { KeyNumbers, RowKeys } from './row-keys.ts';
import { readRowNeeds, type RowNeeds } from './row-needs.ts';
import { BatchFiles } from './sources.ts';

export interface PlanBatchOptions {
  readonly loaded: LoadedBatch;
  readonly catalogue: readonly NodeSchema[];
  /** Named model roots. */
  readonly roots: Readonly<Record<string, string>>;
  readonly hashes: FileHashes;
  /**
   * Chooses the width for `"width": "auto"`, from the first row of each graph. Left out (a dry run without an engine), the widest that is worth it is
   * taken, and a notice says that it isn't settled.
   */
  readonly chooseWidth?: (firstRows: readonly { readonly graph: GraphFile; readonly folder: string }[]) => Promise<number>;
  readonly history?: BatchHistory;
  /** Device key, for estimates; what was measured last when left out. */
  readonly device?: string;
  /** The plan that the output folder has: its width holds for "auto", and rows that are in both keep their names. */
  readonly previous?: BatchPlan;
}

/** A graph with all that rows of it need. */
interface KeyedGraph { readonly planned: PlannedGraph; readonly prepared: PreparedGraph; readonly plan: GraphPlan; readonly keys: RowKeys }

/** Where a row of a graph and its folder may read: its graph's folder, the model roots, the batch file's folder. */
export function rowScope(graphFolder: string, batchFolder: string, roots: Readonly<Record<string, string>>): ReadScope {
  return { base: graphFolder, roots, others: [batchFolder] };
}

function allFaults(thrown: unknown): readonly ErrorData[] {
  return thrown instanceof GraphFaults ? thrown.faults : [toErrorData(thrown)];
}

/** Runs every step over every item and throws the faults of all of them together. */
async function collect<T, R>(items: readonly T[], where: string, step: (item: T) => Promise<R>): Promise<R[]> {
  const faults: ErrorData[] = [];
  const results: R[] = [];
  for (const item of items) await step(item).then((result) => { results.push(result); }, (thrown: unknown) => { faults.push(...allFaults(thrown)); });
  if (faults.length > 0) throw new BatchFaults(where, faults);
  return results;
}

/** The planning of one batch. */
class Planning {
  private readonly notices: ErrorData[] = [];
  private readonly files: BatchFiles;

  constructor(private readonly options: PlanBatchOptions) {
    this.files = new BatchFiles({ base: options.loaded.folder, roots: options.roots });
  }

  async plan(): Promise<BatchPlan> {
    const { loaded: { batch, where, name, folder } } = this.options;
    const expanded = await expandBatch(batch, where, this.files);
    const needs = readRowNeeds(expanded.axes, batch.needs);
    const expansionFaults = [...expanded.faults, ...needs.faults];
    if (expansionFaults.length > 0) throw new BatchFaults(where, expansionFaults);
    this.notices.push(...expanded.notices);
    const { prepared, graphOf } = await this.prepare(expanded);
    const width = await this.width(prepared);
    const numbers = new KeyNumbers();
    const graphs = await collect(prepared, where, (graph) => this.keyed(graph, width, expanded, numbers));
    const made = makeRows({ expanded, graphs, graphOf, needs, numbers });
    const outputs = this.outputs(expanded, graphs, made.rows);
    const rows = made.order.map((place): PlannedRow => ({ ...(made.rows[place] as UnnamedRow), output: outputs[place] as string }));
    if (made.duplicates.length > 0) this.tellDuplicates(made.duplicates);
    return {
      format: 'engram-batch-plan', version: PLAN_FORMAT_VERSION, batchKey: batchKeyOf(rows), name, folder, batch, width, needs: batch.needs,
      axes: expanded.axes.map((axis) => axis.name), graphs: graphs.map(({ planned }) => planned), rows, duplicates: made.duplicates, shared: made.shared,
      estimates: this.estimates(graphs, rows), notices: this.notices,
    };
  }

  /** Every graph file once, and which of them a step of the axis "graph" means. */
  private async prepare(expanded: ExpandedBatch): Promise<{ prepared: PreparedGraph[]; graphOf: (values: Int32Array) => number }> {
    const { batch, where } = this.options.loaded;
    const place = expanded.axes.findIndex(({ targets }) => targets.includes(GRAPH_TARGET));
    const axis = expanded.axes[place];
    const named = axis === undefined ? [{ value: batch.graph ?? '', where }] : axis.values.map(({ value }) => ({ value: String(value), where: axis.where }));
    const paths = await collect(named, where, (one) => this.files.resolve(one.value, one.where));
    const distinct = [...new Set(paths)];
    const axes = expanded.axes.map((one, index): GraphAxis => ({ axis: index, where: one.where, targets: one.targets.filter(isParamTarget), values: one.values }));
    const prepared = await collect(distinct, where, (path) => prepareGraph({
      path, where: named[paths.indexOf(path)]?.value ?? path, batch, batchWhere: where, axes, catalogue: this.options.catalogue,
    }));
    const numbers = paths.map((path) => distinct.indexOf(path));
    return { prepared, graphOf: (values) => (place < 0 ? 0 : (numbers[values[place] as number] as number)) };
  }

  private async width(prepared: readonly PreparedGraph[]): Promise<number> {
    const { loaded: { batch, where }, chooseWidth, previous } = this.options;
    const widest = prepared.flatMap((graph) => graph.widest);
    if (batch.width !== 'auto') return batch.width;
    if (widest.length === 0) return 1;
    if (previous !== undefined) return previous.width;
    if (chooseWidth !== undefined) {
      // Before models are loaded for it: a fault of a graph is told at once, and with the graph's name.
      await collect(prepared, where, (graph) => this.firstRow(graph, 1));
      return chooseWidth(prepared.map(({ graph, folder }) => ({ graph, folder })));
    }
    const open = Math.min(...widest);
    this.notices.push(inputError('batch.width-open', where, 'the width is chosen by memory when the batch is started', { got: `planned with ${open}` }).data);
    return open;
  }

  private async firstRow(prepared: PreparedGraph, width: number): Promise<{ graph: GraphFile; plan: GraphPlan; files: RunFiles }> {
    const { catalogue, hashes, roots, loaded } = this.options;
    const files = createRunFiles(rowScope(prepared.folder, loaded.folder, roots), hashes);
    return { ...(await planFirstRow(prepared, width, catalogue, files)), files };
  }

  private async keyed(prepared: PreparedGraph, width: number, expanded: ExpandedBatch, numbers: KeyNumbers): Promise<KeyedGraph> {
    const { graph, plan, files } = await this.firstRow(prepared, width);
    const varying = await varyingParams(prepared, plan, (axis) => expanded.axes[axis]?.where ?? '', files);
    const shape = shapeOf([...plan.nodes.values()].map(({ node, parts }) => ({ node, keyed: parts.params })), new Set(prepared.targets.flatMap(({ reached }) => reached.map(({ node, param }) => `${node}.${param}`))));
    const { name, folder, writers } = prepared;
    return { planned: { name, folder, graph, writers, shape }, prepared, plan, keys: new RowKeys(plan, varying, numbers) };
  }

  /**
   * Names of rows, in the order of the batch file. Rows that the plan before has keep theirs under the same template, whatever their number is now,
   * so that done ones stay done.
   */
  private outputs(expanded: ExpandedBatch, graphs: readonly KeyedGraph[], rows: readonly UnnamedRow[]): string[] {
    const { loaded: { batch, where, name }, previous } = this.options;
    const template = parseTemplate(batch.output.name, new Set([...OWN_TOKENS, ...expanded.axes.map((axis) => axis.name)]), `${where}, output.name`);
    this.tellNames(expanded, template);
    const wanted = rows.map((row) => template.render((token) => {
      if (token === GRAPH_TARGET) return (graphs[row.graph] as KeyedGraph).planned.name;
      return token === 'row' ? String(row.index + 1) : token === 'batch' ? name : (row.labels[token] as string);
    }));
    const names = new UniqueNames([...new Set(['', ...graphs.flatMap(({ planned }) => planned.writers.map(({ suffix }) => suffix))])]);
    const before = new Map(previous?.rows.map((row) => [row.id, row.output]));
    const sameTemplate = previous?.batch.output.name === batch.output.name;
    const kept = rows.map((row, place) => {
      const old = before.get(row.id);
      return old !== undefined && (sameTemplate || isNumberedForm(old, wanted[place] as string)) && names.reserve(old) ? old : undefined;
    });
    return kept.map((old, place) => old ?? names.take(wanted[place] as string));
  }

  /** Who keeps prompts and paths out of the files may forget that a file's name tells them too. */
  private tellNames({ axes }: ExpandedBatch, { tokens }: NameTemplate): void {
    const { batch, where } = this.options.loaded;
    const telling = axes.filter(({ name, values }) => tokens.includes(name) && values.some(({ value }) => typeof value === 'string')).map(({ name }) => `{${name}}`);
    if (batch.output.metadata !== 'none' || telling.length === 0) return;
    this.notices.push(inputError('batch.names-tell', `${where}, output.name`, 'metadata are left out, but names of files still tell what these axes say', { got: telling.join(', '), hint: 'Use {row} to keep it out of the names' }).data);
  }

  private tellDuplicates(duplicates: readonly DuplicateRow[]): void {
    const [first] = duplicates as readonly [DuplicateRow];
    this.notices.push(inputError('batch.duplicates', this.options.loaded.where, 'rows that make the same image are run once', {
      got: `${duplicates.length} rows, the first is row ${first.index + 1}, equal to row ${first.of + 1}`,
    }).data);
  }

  private estimates(graphs: readonly KeyedGraph[], rows: readonly PlannedRow[]): PlanEstimates {
    const { history, device } = this.options;
    const counts = graphs.map((_, graph) => rows.reduce((count, row) => (row.graph === graph ? count + 1 : count), 0));
    const known = graphs.map(({ planned }) => history?.estimate(planned.shape, device));
    const total = (of: 'seconds' | 'bytes'): number | undefined => known.reduce<number | undefined>((sum, one, graph) => (sum === undefined || one === undefined ? undefined : sum + one[of] * (counts[graph] as number)), 0);
    return { seconds: total('seconds'), bytes: total('bytes'), measuredRows: known.reduce((sum, one) => sum + (one?.rows ?? 0), 0), device: known.find((one) => one !== undefined)?.device };
  }
}

type UnnamedRow = Omit<PlannedRow, 'output'>;

/** SHA-256 over keys and names of rows in run order. */
export function batchKeyOf(rows: readonly PlannedRow[]): string {
  const hash = createHash('sha256');
  for (const { id, output } of rows) hash.update(`${id} ${output}\n`);
  return hash.digest('hex');
}

interface RowParts {
  readonly expanded: ExpandedBatch;
  readonly graphs: readonly KeyedGraph[];
  readonly graphOf: (values: Int32Array) => number;
  readonly needs: RowNeeds;
  readonly numbers: KeyNumbers;
}

interface MadeRows { readonly rows: UnnamedRow[]; readonly order: readonly number[]; readonly duplicates: DuplicateRow[]; readonly shared: SharedWork[] }

/** All rows with their keys, the order in which least is loaded again, and what they share. */
function makeRows({ expanded, graphs, graphOf, needs, numbers }: RowParts): MadeRows {
  const stride = Math.max(...graphs.map(({ keys }) => keys.size));
  const sorted = new Int32Array(expanded.rows * stride).fill(-1);
  const rows: UnnamedRow[] = [];
  const duplicates: DuplicateRow[] = [];
  const firsts = new Map<string, number>();
  const values = new Int32Array(expanded.axes.length);
  for (let index = 0; index < expanded.rows; index += 1) {
    const steps = stepsOf(expanded.groups, index);
    expanded.axes.forEach(({ group }, axis) => { values[axis] = steps[group] as number; });
    const graph = graphOf(values);
    const { keys, prepared } = graphs[graph] as KeyedGraph;
    const id = keys.rowKey(values, sorted, rows.length * stride);
    const labels: Record<string, string> = {};
    expanded.axes.forEach(({ name, values: all }, axis) => { labels[name] = (all[values[axis] as number] as { label: string }).label; });
    const of = firsts.get(id);
    if (of !== undefined) {
      duplicates.push({ index, of, labels });
      sorted.fill(-1, rows.length * stride, (rows.length + 1) * stride);
      continue;
    }
    firsts.set(id, index);
    const set: Record<string, ParamValue> = {};
    for (const { target, axis, values: all } of prepared.targets) set[target] = all[values[axis] as number] as ParamValue;
    const need = needs.of(values);
    rows.push({ index, id, labels, graph, set, ...(need === undefined ? {} : { needs: need }) });
  }
  return { rows, order: leastReloads(sorted, stride, rows.length), duplicates, shared: countShared(sorted, stride, rows, graphs, numbers) };
}

/** Rows so that those that agree in what is costly stand together; the first to come first, so that the order of the file shows through. */
function leastReloads(sorted: Int32Array, stride: number, rows: number): number[] {
  const compare = (a: number, b: number): number => {
    for (let place = 0; place < stride; place += 1) {
      const difference = (sorted[a * stride + place] as number) - (sorted[b * stride + place] as number);
      if (difference !== 0) return difference;
    }
    return a - b;
  };
  return Array.from({ length: rows }, (_, row) => row).sort(compare);
}

/** Runs of each node type with different results, and all runs of it, in run order. */
function countShared(sorted: Int32Array, stride: number, rows: readonly UnnamedRow[], graphs: readonly KeyedGraph[], numbers: KeyNumbers): SharedWork[] {
  const counts = new Map<string, { runs: number; of: number }>();
  for (const { plan } of graphs) for (const { schema } of plan.nodes.values()) counts.set(schema.type, { runs: 0, of: 0 });
  const seen = new Uint8Array(numbers.keys.length);
  for (let at = 0; at < rows.length * stride; at += 1) {
    const number = sorted[at] as number;
    if (number < 0) continue;
    const count = counts.get(numbers.types[number] as string) as { runs: number; of: number };
    count.of += 1;
    if (seen[number] === 0) count.runs += 1;
    seen[number] = 1;
  }
  return [...counts].map(([type, count]) => ({ type, ...count }));
}

/**
 * Plans a batch as one whole: every row with its key and the name of its outputs, in the order in which least is loaded and computed again.
 * Nothing is run. Graphs are checked once each and values once each, so that 100,000 rows take seconds.
 * @throws BatchFaults with the faults of all graphs, axes and values together; AppError when a file can't be read.
 */
export function planBatch(options: PlanBatchOptions): Promise<BatchPlan> {
  return new Planning(options).plan();
}
