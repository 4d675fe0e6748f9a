import { dirname, relative, sep } from 'node:path';
import type { BatchFile } from '../../../contract/batch-file.ts';
import { withSettings, type PlannedWriter } from '../../../contract/batch-plan.ts';
import { inputError, toErrorData, type ErrorData } from '../../../contract/errors.ts';
import type { GraphFile } from '../../../contract/graph-file.ts';
import type { NodeSchema } from '../../../contract/node.ts';
import { checkParam, readsPath, type ParamSchema, type ParamValue } from '../../../contract/params.ts';
import { canonicalJson } from '../../runtime/content-key.ts';
import { lowerGraph } from '../../runtime/lower-graph.ts';
import { planGraph, type GraphPlan, type RunFiles } from '../../runtime/plan-graph.ts';
import { GraphFaults, parseGraph } from '../../runtime/read-graph.ts';
import { mapNodes, migrateNodes, paramNames, paramSchemaOf, reachedBy, runParams, type RunParam, type Schemas } from './graph-params.ts';
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
  /** Params of nodes that run which get the value; they are others where the target is a value node or a use of a sub-graph. */
  readonly reached: readonly Pick<RunParam, 'node' | 'param'>[];
}

/** A graph of the batch with what is equal for all rows set in it. */
export interface PreparedGraph {
  readonly name: string;
  readonly where: string;
  readonly folder: string;
  readonly graph: GraphFile;
  readonly writers: readonly PlannedWriter[];
  /** The widest that is worth it of each node that shares runs. */
  readonly widest: readonly number[];
  readonly targets: readonly TargetValues[];
}

interface Place { readonly id: string; readonly name: string; readonly schema: ParamSchema }

/** The node of a `node.param` target and its schema. @throws AppError `batch.target-*`. */
function placeOf(graph: GraphFile, schemas: Schemas, target: string, where: string): Place {
  const [id = '', name = ''] = target.split('.');
  const node = Object.hasOwn(graph.nodes, id) ? graph.nodes[id] : undefined;
  if (node === undefined) throw inputError('batch.target-node', where, `the graph has no node "${id}"`, { got: target, hint: `Nodes: ${Object.keys(graph.nodes).join(', ')}` });
  const schema = paramSchemaOf(graph, node, name, schemas);
  if (schema === undefined) throw inputError('batch.target-param', where, `${node.type} "${id}" has no param "${name}"`, { got: target, hint: `Params: ${paramNames(graph, node, schemas).join(', ')}` });
  if (isOutputName(schema)) throw inputError('batch.target-output', where, 'names of outputs must come from the template "output.name"', { got: target });
  if (Object.hasOwn(node.inputs, name)) throw inputError('batch.target-linked', where, 'a param that is linked takes its value from the link', { got: target, hint: 'Set the param of the node that the link comes from' });
  return { id, name, schema };
}

function isOutputName(schema: ParamSchema): boolean {
  return schema.kind === 'path' && schema.access === 'write';
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
  private readonly schemas: Schemas;
  private graph: GraphFile;

  constructor(graph: GraphFile, private readonly name: string, private readonly where: string, private readonly folder: string, catalogue: readonly NodeSchema[]) {
    this.schemas = new Map(catalogue.map((schema) => [schema.type, schema]));
    this.graph = migrateNodes(graph, this.schemas);
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
        const [first] = values;
        if (first === undefined) return [];
        const reached = this.reached(target, values, first, at);
        this.set(target, first);
        return [{ target, axis: axis.axis, values, reached }];
      } catch (thrown) {
        refuse(this.faults, at, thrown);
        return [];
      }
    });
  }

  /** What a target sets where the graph runs. Values must be good there too: a number may be linked to a param with narrower bounds. */
  private reached(target: string, values: readonly ParamValue[], first: ParamValue, where: string): RunParam[] {
    const reached = reachedBy(this.graph, target, first, this.schemas);
    for (const { node, param, schema } of reached) {
      if (`${node}.${param}` === target) continue;
      const refused = values.flatMap((value, index) => {
        const fault = checkParam(schema, value, where, `"${node}" ${param}`);
        return fault === undefined ? [] : [{ fault: fault.data, value: index }];
      });
      this.faults.push(...groupFaults(refused));
    }
    return reached;
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

  /**
   * The params that take the names of outputs. Each node that writes must take its name from one of them that no other node uses.
   */
  writers(): PlannedWriter[] {
    const named = Object.entries(this.graph.nodes).flatMap(([node, saved]) => paramNames(this.graph, saved, this.schemas).flatMap((param) => {
      const schema = paramSchemaOf(this.graph, saved, param, this.schemas);
      return schema !== undefined && isOutputName(schema) ? [{ node, param, schema, probe: `probe-${node}-${param}` }] : [];
    }));
    const probed = withSettings(this.graph, Object.fromEntries(named.map(({ node, param, probe }) => [`${node}.${param}`, probe])));
    const names = runParams(probed, this.schemas).filter(({ schema }) => isOutputName(schema));
    if (names.length === 0) this.faults.push(inputError('batch.no-output', this.where, 'the graph of a batch must have a node that writes files', { hint: 'Add a node such as Save Image' }).data);
    for (const { node, param, value } of names) {
      const users = names.filter((other) => other.value === value).length;
      if (users === 1 && named.some(({ probe }) => probe === value)) continue;
      this.faults.push(inputError('batch.output-name', this.where, 'each node that writes files must take its name from a param of its own that the batch can set', { got: `${node}.${param}`, hint: 'Remove the link to it, or make it a param of the sub-graph' }).data);
    }
    const used = named.filter(({ probe }) => names.some(({ value }) => value === probe));
    const own = used.map(({ node, param, schema }) => slugOf(String(this.graph.nodes[node]?.params[param] ?? schema.default)));
    for (const { node, param, schema } of used) this.set(`${node}.${param}`, schema.default === '' ? 'output' : schema.default);
    return used.map(({ node, param }, index) => {
      const name = own[index] as string;
      return { node, param, suffix: used.length === 1 ? '' : own.indexOf(name) === own.lastIndexOf(name) ? `-${name}` : `-${name}-${node}` };
    });
  }

  /** Gives settings of outputs to all nodes that write and have a param of that name, inside sub-graphs too. */
  setOutputs(output: BatchFile['output'], targets: readonly TargetValues[], batchWhere: string): void {
    for (const name of WRITER_SETTINGS) {
      const value = output[name];
      if (value === undefined) continue;
      const where = `${batchWhere}, output.${name}`;
      const taking = (schema: NodeSchema | undefined): boolean => schema !== undefined && Object.hasOwn(schema.params, name) && Object.values(schema.params).some(isOutputName);
      const takers = [...this.schemas.values()].filter(taking).map(({ type }) => type);
      const reached = (): RunParam[] => runParams(this.graph, this.schemas).filter(({ node, param }) => param === name && takers.includes(this.typeOf(node)));
      if (reached().length === 0) {
        this.faults.push(inputError('batch.output-setting', where, `a node that writes files must have the param "${name}"`, { got: this.where }).data);
        continue;
      }
      try {
        for (const { schema, node } of reached()) paramValueOf(schema, value, where, `${node}.${name}`, false);
      } catch (thrown) {
        refuse(this.faults, where, thrown);
        continue;
      }
      const clash = targets.find((target) => target.reached.some(({ node, param }) => param === name && takers.includes(this.typeOf(node))));
      if (clash !== undefined) refuse(this.faults, where, inputError('batch.target-twice', where, 'a param must be set in one place', { got: clash.target }));
      this.graph = mapNodes(this.graph, (node) => (takers.includes(node.type) ? { ...node, params: { ...node.params, [name]: value } } : node));
      const missed = reached().find((param) => param.value !== value);
      if (missed !== undefined) refuse(this.faults, where, inputError('batch.output-linked', where, 'the param must not be linked or set by a use of a sub-graph', { got: `${missed.node}.${name}` }));
    }
  }

  private typeOf(id: string): string {
    return lowerGraph(this.graph, this.schemas).graph.nodes[id]?.type ?? '';
  }

  /** The widest that is worth it of the nodes that share runs; none may have its width set by the batch's values. */
  widest(settings: readonly string[], targets: readonly TargetValues[], where: string): number[] {
    const sharing = Object.entries(lowerGraph(this.graph, this.schemas).graph.nodes).flatMap(([id, node]) => {
      const rows = this.schemas.get(node.type)?.rows;
      return rows === undefined ? [] : [{ target: `${id}.${rows.width}`, widest: rows.widest }];
    });
    const set = [...settings, ...targets.flatMap(({ target, reached }) => [target, ...reached.map(({ node, param }) => `${node}.${param}`)])];
    for (const { target } of sharing) {
      if (set.includes(target)) this.faults.push(inputError('batch.target-width', where, 'images per run of the model must be set by "width" of the batch: they are the same for all rows', { got: target }).data);
    }
    return sharing.map((one) => one.widest);
  }

  result(writers: readonly PlannedWriter[], widest: readonly number[], targets: readonly TargetValues[]): PreparedGraph {
    return { name: this.name, where: this.where, folder: this.folder, graph: this.graph, writers, widest, targets };
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
  preparation.setAll(batch.set, batchWhere);
  const targets = axes.flatMap((axis) => preparation.targetValues(axis));
  const writers = preparation.writers();
  preparation.setOutputs(batch.output, targets, batchWhere);
  const widest = preparation.widest(Object.keys(batch.set), targets, batchWhere);
  if (preparation.faults.length > 0) throw new GraphFaults(batchWhere, preparation.faults);
  return preparation.result(writers, widest, targets);
}

/** Sets the width of all nodes that share runs, inside sub-graphs too. */
function withWidth(graph: GraphFile, width: number, schemas: Schemas): GraphFile {
  return mapNodes(graph, (node) => {
    const rows = schemas.get(node.type)?.rows;
    return rows === undefined ? node : { ...node, params: { ...node.params, [rows.width]: width } };
  });
}

function inFile(fault: ErrorData, { where }: PreparedGraph): ErrorData {
  return { ...fault, where: `${where}, ${fault.where}` };
}

/** A prepared graph with its width, and the keys of its nodes for the first row, as far as its files are there. @throws GraphFaults. */
export async function planFirstRow(prepared: PreparedGraph, width: number, catalogue: readonly NodeSchema[], files: RunFiles): Promise<{ graph: GraphFile; plan: GraphPlan }> {
  const graph = withWidth(prepared.graph, width, new Map(catalogue.map((schema) => [schema.type, schema])));
  const inGraph = (fault: ErrorData): ErrorData => inFile(fault, prepared);
  const plan = await planGraph({ graph, where: prepared.where, catalogue, files, deviceKey: () => Promise.resolve(null) }).catch((thrown: unknown) => {
    throw thrown instanceof GraphFaults ? new GraphFaults(prepared.where, thrown.faults.map(inGraph)) : thrown;
  });
  const linked = plan.needed.find(({ schema, params }) => schema.rows !== undefined && params[schema.rows.width] !== width);
  if (linked !== undefined) throw inputError('batch.width-linked', `${prepared.where}, ${linked.where}`, 'images per run of the model must not be linked or set by a use of a sub-graph: the batch sets them');
  return { graph, plan };
}

/**
 * The params of a planned graph that differ between rows, with what stands for each value in content keys: of files that are read, their contents.
 * @throws GraphFaults with the values whose files aren't there, grouped, and what else keeps nodes of the first row from running.
 */
export async function varyingParams(prepared: PreparedGraph, plan: GraphPlan, whereOf: (axis: number) => string, files: RunFiles): Promise<VaryingParam[]> {
  const faults: ErrorData[] = [];
  const varying: VaryingParam[] = [];
  const needed = new Map(plan.needed.map(({ id, schema }) => [id, schema]));
  const told = new Set<string>();
  const reached = prepared.targets.flatMap((target) => target.reached.map(({ node, param }) => ({ ...target, node, param })));
  for (const { target, axis, values, node, param } of reached) {
    const schema = needed.get(node)?.params[param];
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
    if (refused.length > 0) told.add(node);
    varying.push({ node, param, axis, classes, keyed });
  }
  faults.push(...plan.failures.filter(({ node }) => !told.has(node.id)).map(({ error }) => inFile(error, prepared)));
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
