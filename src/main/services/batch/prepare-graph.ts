import { dirname, relative, sep } from 'node:path';
import type { BatchFile } from '../../../contract/batch-file.ts';
import { withSettings, type PlannedWriter } from '../../../contract/batch-plan.ts';
import { inputError, toErrorData, type ErrorData } from '../../../contract/errors.ts';
import type { GraphFile } from '../../../contract/graph-file.ts';
import type { NodeSchema } from '../../../contract/node.ts';
import { readsPath, type ParamSchema, type ParamValue } from '../../../contract/params.ts';
import { canonicalJson } from '../../runtime/content-key.ts';
import { migrateNode } from '../../runtime/migrations.ts';
import { planGraph, type GraphPlan, type RunFiles } from '../../runtime/plan-graph.ts';
import { GraphFaults, parseGraph } from '../../runtime/read-graph.ts';
import { slugOf } from './naming.ts';
import { groupFaults, paramValueOf } from './param-values.ts';
import type { VaryingParam } from './row-keys.ts';
import { fileStemOf, type AxisValue } from './sources.ts';
import { readTextFile } from './text-files.ts';

/** Settings of outputs in a batch file that go to the params of the same names of the nodes that write. */
const WRITER_SETTINGS = ['format', 'quality', 'lossless', 'metadata'] as const;

/** An axis as one graph sees it. */
export interface GraphAxis {
  /** Place among the batch's axes. */
  readonly axis: number;
  readonly where: string;
  /** `node.param`, without "graph". */
  readonly targets: readonly string[];
  readonly values: readonly AxisValue[];
}

/** Values of one target, one per value of its axis. */
export interface TargetValues {
  readonly target: string;
  readonly axis: number;
  readonly values: readonly ParamValue[];
}

/** A graph of the batch with what is equal for all rows set in it. */
export interface PreparedGraph {
  readonly name: string;
  readonly where: string;
  readonly folder: string;
  readonly graph: GraphFile;
  readonly writers: readonly PlannedWriter[];
  /** Params that say how many images a run of a model takes, by `node.param`, with the widest that is worth it. */
  readonly widths: readonly { readonly target: string; readonly widest: number }[];
  readonly targets: readonly TargetValues[];
}

interface Place { readonly id: string; readonly name: string; readonly schema: ParamSchema }

/** The node of a `node.param` target and its schema. @throws AppError `batch.target-node`, `batch.target-param`. */
function placeOf(graph: GraphFile, schemas: ReadonlyMap<string, NodeSchema>, target: string, where: string): Place {
  const [id = '', name = ''] = target.split('.');
  const node = Object.hasOwn(graph.nodes, id) ? graph.nodes[id] : undefined;
  if (node === undefined) throw inputError('batch.target-node', where, `the graph has no node "${id}"`, { got: target, hint: `Nodes: ${Object.keys(graph.nodes).join(', ')}` });
  const params = schemas.get(node.type)?.params ?? {};
  const schema = Object.hasOwn(params, name) ? params[name] : undefined;
  if (schema === undefined) throw inputError('batch.target-param', where, `${node.type} "${id}" has no param "${name}"`, { got: target, hint: `Params: ${Object.keys(params).join(', ')}` });
  if (schema.kind === 'path' && schema.access === 'write') throw inputError('batch.target-output', where, 'names of outputs must come from the template "output.name"', { got: target });
  return { id, name, schema };
}

function refuse(faults: ErrorData[], where: string, thrown: unknown): void {
  faults.push(toErrorData(thrown, where, 'run'));
}

/** What a graph calls a value: files that came from a folder are named from the graph's own folder. */
function valueFor(value: AxisValue, folder: string): AxisValue['value'] {
  return value.file === undefined ? value.value : relative(folder, value.file).split(sep).join('/');
}

/** Reads and checks one graph file of a batch, step by step; what is wrong is collected. */
class GraphPreparation {
  readonly faults: ErrorData[] = [];
  private readonly schemas: ReadonlyMap<string, NodeSchema>;
  private graph: GraphFile;

  constructor(graph: GraphFile, private readonly name: string, private readonly where: string, private readonly folder: string, catalogue: readonly NodeSchema[]) {
    this.schemas = new Map(catalogue.map((schema) => [schema.type, schema]));
    // Values are set by the names of today, so nodes have to be of today's versions first.
    const nodes = Object.entries(graph.nodes).map(([id, node]) => [id, migrateNode(node, this.schemas.get(node.type)?.version ?? node.version)] as const);
    this.graph = { ...graph, nodes: Object.fromEntries(nodes) };
  }

  private set(target: string, value: ParamValue): void {
    this.graph = withSettings(this.graph, { [target]: value });
  }

  setAll(settings: BatchFile['set'], where: string): void {
    for (const [target, value] of Object.entries(settings)) {
      const at = `${where}, set "${target}"`;
      try {
        const { name, schema } = placeOf(this.graph, this.schemas, target, at);
        this.set(target, paramValueOf(schema, value, at, name, false));
      } catch (thrown) {
        refuse(this.faults, at, thrown);
      }
    }
  }

  targetValues(axis: GraphAxis): TargetValues[] {
    return axis.targets.flatMap((target) => {
      const at = `${axis.where}, set "${target}"`;
      try {
        const { name, schema } = placeOf(this.graph, this.schemas, target, at);
        const values = this.convert(axis.values, schema, at, name);
        if (values[0] !== undefined) this.set(target, values[0]);
        return [{ target, axis: axis.axis, values }];
      } catch (thrown) {
        refuse(this.faults, at, thrown);
        return [];
      }
    });
  }

  /** Equal values become one, so that rows share them. */
  private convert(values: readonly AxisValue[], schema: ParamSchema, where: string, name: string): ParamValue[] {
    const known = new Map<string, ParamValue>();
    const refused: { fault: ErrorData; value: number }[] = [];
    const converted = values.flatMap((value, index): ParamValue[] => {
      try {
        const made = paramValueOf(schema, valueFor(value, this.folder), where, name, true);
        const key = typeof made === 'string' ? made : JSON.stringify(made);
        const shared = known.get(key) ?? made;
        known.set(key, shared);
        return [shared];
      } catch (thrown) {
        refused.push({ fault: toErrorData(thrown, where, 'run'), value: index });
        return [];
      }
    });
    this.faults.push(...groupFaults(refused));
    return refused.length > 0 ? [] : converted;
  }

  /** Nodes of the graph with their schemas; unknown types are told by validation. */
  private known(): (readonly [string, NodeSchema])[] {
    return Object.entries(this.graph.nodes).flatMap(([id, node]) => {
      const schema = this.schemas.get(node.type);
      return schema === undefined || schema.inert === true ? [] : [[id, schema] as const];
    });
  }

  writers(output: BatchFile['output'], taken: ReadonlySet<string>, where: string): PlannedWriter[] {
    const writers = this.known().flatMap(([node, schema]) => Object.entries(schema.params).flatMap(([param, kind]) => (kind.kind === 'path' && kind.access === 'write' ? [{ node, param, schema, fallback: kind.default }] : [])));
    if (writers.length === 0) this.faults.push(inputError('batch.no-output', this.where, 'the graph of a batch must have a node that writes files', { hint: 'Add a node such as Save Image' }).data);
    for (const name of WRITER_SETTINGS) {
      const value = output[name];
      const takers = writers.filter(({ schema }) => Object.hasOwn(schema.params, name));
      if (value !== undefined && takers.length === 0) this.faults.push(inputError('batch.output-setting', `${where}, output.${name}`, `a node that writes files must have the param "${name}"`, { got: this.where }).data);
      if (value === undefined) continue;
      for (const { node, schema } of takers) this.setOutput(`${node}.${name}`, schema.params[name] as ParamSchema, value, taken, `${where}, output.${name}`);
    }
    const own = writers.map(({ node, param, fallback }) => slugOf(String(this.graph.nodes[node]?.params[param] ?? fallback)));
    for (const { node, param, fallback } of writers) this.set(`${node}.${param}`, fallback === '' ? 'output' : fallback);
    return writers.map(({ node, param }, index) => {
      const name = own[index] as string;
      const suffix = writers.length === 1 ? '' : own.indexOf(name) === own.lastIndexOf(name) ? `-${name}` : `-${name}-${node}`;
      return { node, param, suffix };
    });
  }

  private setOutput(target: string, schema: ParamSchema, value: string | number | boolean, taken: ReadonlySet<string>, where: string): void {
    if (taken.has(target)) return refuse(this.faults, where, inputError('batch.target-twice', where, 'a param must be set in one place', { got: target }));
    try {
      return this.set(target, paramValueOf(schema, value, where, target, false));
    } catch (thrown) {
      return refuse(this.faults, where, thrown);
    }
  }

  widths(taken: ReadonlySet<string>, where: string): PreparedGraph['widths'] {
    return this.known().flatMap(([id, { rows }]) => {
      if (rows === undefined) return [];
      const target = `${id}.${rows.width}`;
      if (taken.has(target)) this.faults.push(inputError('batch.target-width', where, 'images per run of the model must be set by "width" of the batch: they are the same for all rows', { got: target }).data);
      return [{ target, widest: rows.widest }];
    });
  }

  result(writers: readonly PlannedWriter[], widths: PreparedGraph['widths'], targets: readonly TargetValues[]): PreparedGraph {
    return { name: this.name, where: this.where, folder: this.folder, graph: this.graph, writers, widths, targets };
  }
}

export interface PrepareOptions {
  /** Absolute real path of the graph file. */
  readonly path: string;
  /** For messages: as the batch names it. */
  readonly where: string;
  readonly batch: BatchFile;
  /** For messages: the batch file. */
  readonly batchWhere: string;
  readonly axes: readonly GraphAxis[];
  readonly catalogue: readonly NodeSchema[];
}

/**
 * Reads a graph file and sets in it what is equal for all rows, with the first value of each axis where rows differ.
 * @throws GraphFaults with every fault.
 */
export async function prepareGraph({ path, where, batch, batchWhere, axes, catalogue }: PrepareOptions): Promise<PreparedGraph> {
  const read = parseGraph(await readTextFile(path, where), where);
  const preparation = new GraphPreparation(read, fileStemOf(path), where, dirname(path), catalogue);
  const taken = new Set([...Object.keys(batch.set), ...axes.flatMap(({ targets }) => targets)]);
  preparation.setAll(batch.set, batchWhere);
  const targets = axes.flatMap((axis) => preparation.targetValues(axis));
  const writers = preparation.writers(batch.output, taken, batchWhere);
  const widths = preparation.widths(taken, batchWhere);
  if (preparation.faults.length > 0) throw new GraphFaults(batchWhere, preparation.faults);
  return preparation.result(writers, widths, targets);
}

/** A prepared graph with its width, and the keys of its nodes for the first row. @throws GraphFaults. */
export async function planFirstRow(prepared: PreparedGraph, width: number, catalogue: readonly NodeSchema[], files: RunFiles): Promise<{ graph: GraphFile; plan: GraphPlan }> {
  const graph = withSettings(prepared.graph, Object.fromEntries(prepared.widths.map(({ target }) => [target, width])));
  const inGraph = (fault: ErrorData): ErrorData => ({ ...fault, where: `${prepared.where}, ${fault.where}` });
  const plan = await planGraph({ graph, where: prepared.where, catalogue, files, deviceKey: () => Promise.resolve(null) }).catch((thrown: unknown) => {
    throw thrown instanceof GraphFaults ? new GraphFaults(prepared.where, thrown.faults.map(inGraph)) : thrown;
  });
  if (plan.failures.length > 0) throw new GraphFaults(prepared.where, plan.failures.map(({ error }) => inGraph(error)));
  return { graph, plan };
}

/**
 * The params of a planned graph that differ between rows, with what stands for each value in content keys: of files that are read, their contents.
 * @throws GraphFaults with the values whose files aren't there, grouped.
 */
export async function varyingParams(prepared: PreparedGraph, plan: GraphPlan, whereOf: (axis: number) => string, files: RunFiles): Promise<VaryingParam[]> {
  const faults: ErrorData[] = [];
  const varying: VaryingParam[] = [];
  for (const { target, axis, values } of prepared.targets) {
    const [node = '', param = ''] = target.split('.');
    const schema = plan.nodes.get(node)?.schema.params[param];
    if (schema === undefined || schema.outsideKey === true) continue; // no result of a target depends on it
    const where = `${whereOf(axis)}, set "${target}"`;
    const { classes, distinct } = classesOf(values);
    const refused: { fault: ErrorData; value: number }[] = [];
    const keyed: unknown[] = [];
    for (const { value, first } of distinct) {
      try {
        keyed.push(await keyedValue(schema, value, files, where));
      } catch (thrown) {
        refused.push({ fault: toErrorData(thrown, where, 'run'), value: first });
      }
    }
    faults.push(...groupFaults(refused));
    varying.push({ node, param, axis, classes, keyed });
  }
  if (faults.length > 0) throw new GraphFaults(prepared.where, faults);
  return varying;
}

async function keyedValue(schema: ParamSchema, value: ParamValue, files: RunFiles, where: string): Promise<unknown> {
  return readsPath(schema, value) ? { contents: await files.fingerprint(await files.resolveRead(value, where), where) } : value;
}

/** Numbers equal values alike, in the order in which they first come. */
function classesOf(values: readonly ParamValue[]): { classes: Int32Array; distinct: readonly { readonly value: ParamValue; readonly first: number }[] } {
  const known = new Map<string, number>();
  const distinct: { value: ParamValue; first: number }[] = [];
  const classes = Int32Array.from(values, (value, first) => {
    const key = canonicalJson(value);
    const number = known.get(key) ?? distinct.push({ value, first }) - 1;
    known.set(key, number);
    return number;
  });
  return { classes, distinct };
}
