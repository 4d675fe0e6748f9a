import type { ErrorData } from './errors.ts';
import type { ParamSchema } from './params.ts';
import type { PortTypeName } from './port-types.ts';
import type { ValueDescription } from './value-description.ts';

/** One input or output of a node type. */
export interface PortSchema {
  readonly type: PortTypeName;
  readonly doc: string;
  /** Inputs only: the node runs without it. */
  readonly optional?: boolean;
  /** Inputs only: takes any number of links, in order. */
  readonly many?: boolean;
}

/** The describing half of a node: all that an editor, a validator or a planner needs. Plain data. */
export interface NodeSchema {
  /** Stable name in graph files: `ConceptTable`. */
  readonly type: string;
  /** Raised when the node's results or params change; part of content keys. */
  readonly version: number;
  readonly category: string;
  readonly title: string;
  readonly doc: string;
  readonly inputs: Readonly<Record<string, PortSchema>>;
  readonly outputs: Readonly<Record<string, PortSchema>>;
  readonly params: Readonly<Record<string, ParamSchema>>;
  /** The node's results depend on the device's arithmetic; then device, ORT version and thread count are part of its content key. */
  readonly usesDevice?: boolean;
  /** The node is wanted for what it does (writes, compares), not only for its outputs: it is always run, and it makes everything upstream needed. */
  readonly sideEffects?: boolean;
  /** The node does nothing (notes): never run, never cached. */
  readonly inert?: boolean;
  /**
   * Outputs that are the value of a param as it stands: known before anything runs, so that params of other nodes can be linked to them.
   * Every output of such a node is one; the node itself is never run for params.
   */
  readonly constants?: Readonly<Record<string, string>>;
  /** What a bypassed node gives: for an output, the input of the same type whose value is passed on. Outputs that aren't named give nothing. */
  readonly passThrough?: Readonly<Record<string, string>>;
  /** A run that is stopped goes on where it was when it is run again: nothing is lost by pausing inside of it. */
  readonly resumable?: boolean;
  /** Invocations of several graphs may share one run of the model; see {@link RowSharing}. */
  readonly rows?: RowSharing;
}

/**
 * What it takes for invocations of a node to share runs of the model. Results depend on the width, which is a param and so part of the content key
 * and of every embedded graph; they never depend on what else is in the run: a short one is padded to the width.
 */
export interface RowSharing {
  /** Name of the integer param that says how many items one run of the model takes. */
  readonly width: string;
  /** Widest that an automatic choice takes where memory allows more: beyond it nothing was gained where it was measured. */
  readonly widest: number;
  /** Inputs that say, with the params, how much memory a run takes. */
  readonly sizedBy: readonly string[];
}

/** A file that went into a value: which param named it, as written in the graph, and the hash of its contents. */
export interface SourceFile {
  readonly node: string;
  readonly param: string;
  readonly value: string;
  /** SHA-256 over the contents (names and contents for a folder), hex. */
  readonly contents: string;
}

/** A node as it ran: its version after migrations, and every param as the graph has it, defaults included. */
export interface RanNode {
  readonly type: string;
  readonly version: number;
  readonly params: Readonly<Record<string, unknown>>;
}

/** What a node's outputs depend on, for proof: enough to make them again and to name what has changed if that fails. */
export interface Provenance {
  /** Version of the program that runs. */
  readonly program: string;
  /** Provider, ONNX Runtime version, threads and session plan, when this node or one upstream computes on the device. */
  readonly device: string | null;
  readonly contentKey: string;
  /** This node and everything upstream, by id; empty for nodes without side effects, which leave nothing behind that could be proved. */
  readonly nodes: Readonly<Record<string, RanNode>>;
  /** Files that this node and everything upstream read. */
  readonly files: readonly SourceFile[];
}

/** A file that a run has made. */
export interface Artifact {
  readonly kind: 'image' | 'contact-sheet' | 'table' | 'report' | 'data';
  readonly path: string;
  /** SHA-256 of the file, hex. */
  readonly sha256: string;
  /** SHA-256 of the pixels before they were encoded, hex; images only. */
  readonly pixels?: string;
}

export interface Progress {
  /** Steps done and in all, in the node's own unit. */
  readonly done: number;
  readonly total: number;
  /** What is being done: `step 120 loss 0.0312`. */
  readonly message?: string;
  /** Measured, never guessed; left out until there is something to measure. */
  readonly secondsLeft?: number;
  /** Numbers worth plotting: loss, rates, norms. */
  readonly figures?: Readonly<Record<string, number>>;
  /** Figures of steps that were done before this run, told once when work goes on: [step, value], steps rising. */
  readonly past?: Readonly<Record<string, readonly (readonly [number, number])[]>>;
}

/** What a node may use while it runs, besides its inputs. `Services` is fixed by the nodes' own layer. */
export interface RunContext<Services = unknown> {
  readonly nodeId: string;
  /** For messages: `Sample "portrait"`. */
  readonly where: string;
  readonly services: Services;
  /** Aborted when the run is cancelled; long work checks it every step. */
  readonly signal: AbortSignal;
  /** The node's content key: equal keys, equal results. Names checkpoints. */
  readonly contentKey: string;
  /** The graph file that runs, as canonical JSON, for embedding in outputs. */
  readonly graph: string;
  /** Content keys of the inputs, by port: provenance for outputs. */
  readonly inputKeys: Readonly<Record<string, readonly string[]>>;
  readonly provenance: Provenance;
  /** Somebody looks on while it runs: pictures of work in progress are worth making. No result depends on it. */
  readonly watched: boolean;
  progress(progress: Progress): void;
  /** A small picture of work in progress, PNG bytes. One of a `step` is kept beside those of other steps; else the next one takes its place. */
  preview(png: Uint8Array, label: string, step?: number): void;
  /** Tells the user something that doesn't stop the run. */
  warn(warning: ErrorData): void;
  artifact(artifact: Artifact): void;
}

type Values = Readonly<Record<string, unknown>>;

/** One of several invocations that run together. */
export interface RowInvocation<Services = unknown> {
  readonly context: RunContext<Services>;
  readonly inputs: Values;
  readonly params: Values;
}

/** The functions of a node whose schema has `rows`. */
export interface RowFunctions<Services = unknown> {
  /** Invocations with equal texts may run together. */
  readonly group: (inputs: Values, params: Values) => string;
  /** How many items of the model's run an invocation has; at least 1. */
  readonly items: (inputs: Values, params: Values) => number;
  /**
   * Runs invocations of one group; each gives exactly what it gives alone. The outcome of each is its outputs, or the error that concerns it alone.
   * @throws what concerns all of them; then they are run one by one.
   */
  readonly run: (rows: readonly RowInvocation<Services>[]) => Promise<readonly (Values | Error)[]>;
  /** Estimate of the private memory that a run of this width holds, in bytes. Only the inputs named by `sizedBy` are there. */
  readonly memory: (row: RowInvocation<Services>, width: number) => Promise<number>;
}

/** A node as the host sees it: schema plus run function over untyped values. Made by `defineNode` in nodes/, which types it. */
export interface NodeDefinition<Services = unknown> extends NodeSchema {
  readonly run: (context: RunContext<Services>, inputs: Values, params: Values) => Promise<Values>;
  /** There exactly when the schema has `rows`. */
  readonly rowFunctions?: RowFunctions<Services>;
}

/** Turns values of one port type into bytes and back, for the disk cache. Port types without a codec live in memory only. */
export interface ValueCodec {
  readonly type: PortTypeName;
  encode(value: unknown): Uint8Array;
  decode(bytes: Uint8Array): unknown;
  /** What checks may be made of. */
  describe(value: unknown): ValueDescription;
}

/** The schema alone, for catalogues. */
export function schemaOf(definition: NodeDefinition<never>): NodeSchema {
  const { run: _run, rowFunctions: _rowFunctions, ...schema } = definition;
  return schema;
}
