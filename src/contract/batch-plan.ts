import type { BatchFile, BatchNeeds } from './batch-file.ts';
import type { ErrorData } from './errors.ts';
import type { GraphFile, GraphNode } from './graph-file.ts';
import type { ParamValue } from './params.ts';

/** Version of `plan.json` that this program writes. */
export const PLAN_FORMAT_VERSION = 1;

/** A param of a node that takes the name of an output file. */
export interface PlannedWriter {
  readonly node: string;
  readonly param: string;
  /** Put behind the row's name: '' for the only writer, else `-` and what the graph calls this output. */
  readonly suffix: string;
}

/** A graph that rows run, with everything in it that is equal for all of them: the batch's `set`, the width, the settings of outputs. */
export interface PlannedGraph {
  /** The file's name without its ending: the token `{graph}`. */
  readonly name: string;
  /** Absolute folder of the graph file: what relative paths in it count from. */
  readonly folder: string;
  readonly graph: GraphFile;
  readonly writers: readonly PlannedWriter[];
  /** Names what takes time in this graph (node types, links, sizes, steps, model), for estimates: see services/batch/history.ts. */
  readonly shape: string;
}

/** One run of one graph. */
export interface PlannedRow {
  /** Place in the order of the batch file, from 0, before rows were put into the order of least reloads. Not the place in `plan.rows`. */
  readonly index: number;
  /** Row key, 64 hex digits: equal keys, equal pixels on equal devices. Names of outputs and the device are no part of it. */
  readonly id: string;
  /** What each axis says in this row, by axis name, as text for people. */
  readonly labels: Readonly<Record<string, string>>;
  /** Place in `plan.graphs`. */
  readonly graph: number;
  /** Params that differ between rows, by `node.param`. */
  readonly set: Readonly<Record<string, ParamValue>>;
  /** Name of the row's outputs below the output folder, with `/` and without an ending. Unique, whatever the file system makes of case. */
  readonly output: string;
  /** Only where it differs from `plan.needs`. */
  readonly needs?: BatchNeeds;
}

/** How often nodes of one type really have to run for all rows, in all graphs. */
export interface SharedWork {
  readonly type: string;
  /** Runs with different results. */
  readonly runs: number;
  /** Runs if rows shared nothing. */
  readonly of: number;
}

/** Rows of the batch file that would make the very image of another row: they are not run. */
export interface DuplicateRow {
  readonly index: number;
  /** `index` of the row that makes the image. */
  readonly of: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** What the batch is expected to take, from rows of the same shapes that were measured before. */
export interface PlanEstimates {
  /** Mean seconds of a row times rows; undefined as long as some shape was never measured. */
  readonly seconds: number | undefined;
  /** Likewise for the median bytes of a row's outputs. */
  readonly bytes: number | undefined;
  /** Measured rows that this rests on. */
  readonly measuredRows: number;
  /** Device that they were measured on. */
  readonly device: string | undefined;
}

/** What a person should see of a plan before the start. Plain data: the same for terminal and window. */
export interface PlanSummary {
  readonly name: string;
  /** Names of the graphs. */
  readonly graphs: readonly string[];
  /** Runs; rows that would make an image twice are not counted. */
  readonly rows: number;
  readonly duplicates: number;
  readonly width: number;
  /** Every combination across groups; axes of one group advance together. `values` counts different labels. */
  readonly groups: readonly (readonly { readonly axis: string; readonly values: number }[])[];
  readonly shared: readonly SharedWork[];
  readonly estimates: PlanEstimates;
  /** The first rows in run order. */
  readonly first: readonly { readonly row: number; readonly output: string; readonly labels: Readonly<Record<string, string>> }[];
  readonly notices: readonly ErrorData[];
}

/** A batch as one whole: every row, in the order in which the least is loaded and computed again. */
export interface BatchPlan {
  readonly format: 'engram-batch-plan';
  readonly version: number;
  /** SHA-256 over the rows' keys and names: equal keys, equal outputs. */
  readonly batchKey: string;
  /** The token `{batch}`. */
  readonly name: string;
  /** Absolute folder of the batch file: rows may read there, besides their graph's folder and the model roots. */
  readonly folder: string;
  /** The batch file as it was read. */
  readonly batch: BatchFile;
  /** Images per run of the model. */
  readonly width: number;
  readonly needs: BatchNeeds;
  readonly axes: readonly string[];
  readonly graphs: readonly PlannedGraph[];
  /** In run order. */
  readonly rows: readonly PlannedRow[];
  readonly duplicates: readonly DuplicateRow[];
  /** In the order in which nodes run. */
  readonly shared: readonly SharedWork[];
  readonly estimates: PlanEstimates;
  /** What the user should know and what stops nothing. */
  readonly notices: readonly ErrorData[];
}

/** What a row needs of the machine that runs it. */
export function rowNeeds(plan: Pick<BatchPlan, 'needs'>, row: PlannedRow): BatchNeeds {
  return row.needs ?? plan.needs;
}

/** The params that a row sets in its graph, names of outputs included, by `node.param`. */
export function rowSettings(plan: Pick<BatchPlan, 'graphs'>, row: PlannedRow): Record<string, ParamValue> {
  const { writers } = plan.graphs[row.graph] as PlannedGraph;
  const names = writers.map(({ node, param, suffix }) => [`${node}.${param}`, `${row.output}${suffix}`] as const);
  return { ...row.set, ...Object.fromEntries(names) };
}

/** A graph with params set by `node.param`. Nodes that are not touched are shared with the original. */
export function withSettings(graph: GraphFile, settings: Readonly<Record<string, ParamValue>>): GraphFile {
  const nodes: Record<string, GraphNode> = { ...graph.nodes };
  for (const [target, value] of Object.entries(settings)) {
    const dot = target.indexOf('.');
    const id = target.slice(0, dot);
    const node = nodes[id] as GraphNode;
    nodes[id] = { ...node, params: { ...node.params, [target.slice(dot + 1)]: value as never } };
  }
  return { ...graph, nodes };
}

/** The graph that a row runs. */
export function rowGraph(plan: Pick<BatchPlan, 'graphs'>, row: PlannedRow): GraphFile {
  return withSettings((plan.graphs[row.graph] as PlannedGraph).graph, rowSettings(plan, row));
}
