import { hash } from 'node:crypto';
import { isKeptOnDisk } from '../../../contract/port-types.ts';
import { canonicalJson } from '../../runtime/content-key.ts';
import { linkedNodes, type GraphPlan, type PlannedNode } from '../../runtime/plan-graph.ts';

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
  return hash('sha256', text);
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

/** A piece of the canonical text of a node's key parts: text, the key of another node, or the value of a param that differs. */
type Piece = string | { readonly source: number } | { readonly axis: number; readonly classes: Int32Array; readonly texts: readonly string[] };

interface KeyedNode {
  readonly type: string;
  readonly varying: readonly VaryingParam[];
  /** Places of the nodes that inputs come from. */
  readonly sources: readonly number[];
  readonly pieces: readonly Piece[];
  /** Numbers that were worked out, by what they depend on. */
  readonly known: Map<string, number>;
  /** The only number, for a node that is the same in all rows. */
  readonly fixed: number | undefined;
}

/** Members of an object in canonical order, with commas between. */
function members(entries: readonly (readonly [string, readonly Piece[]])[]): Piece[] {
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.flatMap(([name, pieces], index) => [`${index === 0 ? '' : ','}${JSON.stringify(name)}:`, ...pieces]);
}

/**
 * The canonical JSON of a node's key parts with gaps where rows differ: writing out the few pieces that change is many times faster than
 * sorting and printing all parts for every row.
 */
function piecesOf({ node, parts }: PlannedNode, varying: readonly VaryingParam[], placeOf: (id: string) => number): Piece[] {
  const inputs = Object.entries(node.inputs).map(([name, links]) => {
    const ports = links.flatMap((link, index): Piece[] => [index === 0 ? '"' : ',"', { source: placeOf(link.node) }, `${JSON.stringify(`.${link.port}`).slice(1)}`]);
    return [name, ['[', ...ports, ']']] as const;
  });
  const params = Object.entries(parts.params).filter(([, value]) => value !== undefined).map(([name, value]) => {
    const own = varying.find(({ param }) => param === name);
    return [name, [own === undefined ? canonicalJson(value) : { axis: own.axis, classes: own.classes, texts: own.keyed.map(canonicalJson) }]] as const;
  });
  const { inputs: _inputs, params: _params, ...others } = parts;
  const rest = Object.entries(others).map(([name, value]) => [name, [canonicalJson(value)]] as const);
  const pieces = ['{', ...members([...rest, ['inputs', ['{', ...members(inputs), '}']], ['params', ['{', ...members(params), '}']]]), '}'];
  return pieces.reduce<Piece[]>((joined, piece) => {
    const last = joined.at(-1);
    if (typeof piece === 'string' && typeof last === 'string') joined[joined.length - 1] = last + piece;
    else joined.push(piece);
    return joined;
  }, []);
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
  /** Numbers of the nodes' keys in the row at hand. */
  private readonly row: Int32Array;

  /** @param plan The graph with the values of any row; made without a device, and with no failures. */
  constructor(plan: GraphPlan, varying: readonly VaryingParam[], private readonly numbers: KeyNumbers) {
    const places = new Map([...plan.nodes.keys()].map((id, place) => [id, place]));
    for (const base of plan.nodes.values()) {
      const own = varying.filter(({ node }) => node === base.id);
      const placeOf = (id: string): number => places.get(id) as number;
      const sources = linkedNodes(base.node).map(placeOf);
      const isFixed = own.length === 0 && sources.every((source) => this.nodes[source]?.fixed !== undefined);
      this.nodes.push({
        type: base.schema.type, varying: own, sources, pieces: piecesOf(base, own, placeOf), known: new Map(),
        fixed: isFixed ? numbers.numberOf(base.key, base.schema.type) : undefined,
      });
    }
    this.row = new Int32Array(this.nodes.length);
    this.targets = plan.targets.map((id) => places.get(id) as number);
    const weights = [...plan.nodes.values()].map(weightOf);
    this.order = [...weights.keys()].sort((a, b) => (weights[a] as number) - (weights[b] as number) || a - b);
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
  rowKey(values: Int32Array, sorted: Int32Array, offset: number): string {
    for (const [place, node] of this.nodes.entries()) this.row[place] = node.fixed ?? this.numberOf(node, values);
    this.order.forEach((place, index) => { sorted[offset + index] = this.row[place] as number; });
    return sha256(canonicalJson(this.targets.map((place) => this.keyAt(place)).sort()));
  }

  private keyAt(place: number): string {
    return this.numbers.keys[this.row[place] as number] as string;
  }

  private numberOf(node: KeyedNode, values: Int32Array): number {
    let depends = '';
    for (const { axis, classes } of node.varying) depends += `${classes[values[axis] as number]},`;
    for (const source of node.sources) depends += `${this.row[source]},`;
    const known = node.known.get(depends);
    if (known !== undefined) return known;
    let text = '';
    for (const piece of node.pieces) {
      text += typeof piece === 'string' ? piece : 'source' in piece ? this.keyAt(piece.source) : (piece.texts[piece.classes[values[piece.axis] as number] as number] as string);
    }
    const number = this.numbers.numberOf(sha256(text), node.type);
    node.known.set(depends, number);
    return number;
  }
}
