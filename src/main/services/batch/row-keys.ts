import { createHash } from 'node:crypto';
import { isKeptOnDisk } from '../../../contract/port-types.ts';
import { canonicalJson, type KeyParts } from '../../runtime/content-key.ts';
import type { GraphPlan, PlannedNode } from '../../runtime/plan-graph.ts';

/** A param that an axis sets: the values by class, so that equal values are compared once and hashed once. */
export interface VaryingParam {
  readonly node: string;
  readonly param: string;
  /** Place of the axis. */
  readonly axis: number;
  /** Class of each value of the axis. */
  readonly classes: Int32Array;
  /** What stands for each class in keys. */
  readonly keyed: readonly unknown[];
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Content keys as small numbers, in the order in which they were first met, over all graphs of a batch. */
export class KeyNumbers {
  private readonly numbers = new Map<string, number>();
  readonly keys: string[] = [];
  /** Node type by number. */
  readonly types: string[] = [];

  numberOf(key: string, type: string): number {
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    this.numbers.set(key, this.keys.length);
    this.keys.push(key);
    this.types.push(type);
    return this.keys.length - 1;
  }
}

interface KeyedNode {
  readonly base: PlannedNode;
  readonly varying: readonly VaryingParam[];
  /** Places of the nodes that inputs come from, link by link. */
  readonly sources: readonly number[];
  /** Numbers that were worked out, by what they depend on. */
  readonly known: Map<string, number>;
  /** The only number, for a node that is the same in all rows. */
  readonly fixed: number | undefined;
}

/**
 * The lower, the earlier in the order of rows: what has to be loaded or made anew by every process, then what computes on the device.
 * Rows that agree in these are put next to each other.
 */
function weightOf({ schema }: PlannedNode): number {
  if (Object.values(schema.outputs).some(({ type }) => !isKeptOnDisk(type))) return 0;
  return schema.usesDevice === true ? 1 : 2;
}

/**
 * Content keys of the nodes of one graph for any row, without validating or hashing the graph again: a node's key is worked out once for each different
 * set of values that it depends on. Keys are those of {@link GraphPlan} for the row's graph, without a device.
 */
export class RowKeys {
  private readonly nodes: KeyedNode[] = [];
  private readonly targets: readonly number[];
  /** Places of nodes in the order in which rows are sorted. */
  private readonly order: readonly number[];

  /** @param plan The graph with the values of any row; made without a device, and with no failures. */
  constructor(plan: GraphPlan, varying: readonly VaryingParam[], private readonly numbers: KeyNumbers) {
    const places = new Map([...plan.nodes.keys()].map((id, place) => [id, place]));
    for (const base of plan.nodes.values()) {
      const own = varying.filter(({ node }) => node === base.id);
      const sources = Object.values(base.node.inputs).flat().map((link) => places.get(link.node) as number);
      const isFixed = own.length === 0 && sources.every((source) => this.nodes[source]?.fixed !== undefined);
      this.nodes.push({ base, varying: own, sources, known: new Map(), fixed: isFixed ? numbers.numberOf(base.key, base.schema.type) : undefined });
    }
    this.targets = plan.targets.map((id) => places.get(id) as number);
    const byPlace = [...this.nodes.keys()];
    this.order = byPlace.sort((a, b) => weightOf((this.nodes[a] as KeyedNode).base) - weightOf((this.nodes[b] as KeyedNode).base) || a - b);
  }

  get size(): number {
    return this.nodes.length;
  }

  /**
   * Works out a row.
   * @param values Which value of each axis the row has.
   * @param sorted Gets the numbers of all nodes' keys in the order in which rows are sorted, from `offset` on.
   * @returns the row's key: SHA-256 over the targets' keys, as `planGraph` gives it.
   */
  row(values: Int32Array, sorted: Int32Array, offset: number): string {
    const numbers = new Int32Array(this.nodes.length);
    this.nodes.forEach((node, place) => { numbers[place] = node.fixed ?? this.numberOf(node, values, numbers); });
    this.order.forEach((place, index) => { sorted[offset + index] = numbers[place] as number; });
    const keys = this.targets.map((place) => this.numbers.keys[numbers[place] as number] as string);
    return sha256(canonicalJson(keys.sort()));
  }

  private numberOf(node: KeyedNode, values: Int32Array, numbers: Int32Array): number {
    const own = node.varying.map(({ axis, classes }) => classes[values[axis] as number]).join();
    const depends = `${own}|${node.sources.map((source) => numbers[source]).join()}`;
    const known = node.known.get(depends);
    if (known !== undefined) return known;
    const number = this.numbers.numberOf(this.keyOf(node, values, numbers), node.base.schema.type);
    node.known.set(depends, number);
    return number;
  }

  private keyOf({ base, varying, sources }: KeyedNode, values: Int32Array, numbers: Int32Array): string {
    const params = { ...base.parts.params };
    for (const { param, axis, classes, keyed } of varying) params[param] = keyed[classes[values[axis] as number] as number];
    const inputs: Record<string, string[]> = {};
    let at = 0;
    for (const [name, links] of Object.entries(base.node.inputs)) {
      inputs[name] = links.map((link) => `${this.numbers.keys[numbers[sources[at++] as number] as number] as string}.${link.port}`);
    }
    return sha256(canonicalJson({ ...base.parts, params, inputs } satisfies KeyParts));
  }
}
