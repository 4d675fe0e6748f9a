import type { ErrorData } from './errors.ts';
import type { ParamSchema } from './params.ts';
import type { PortTypeName } from './port-types.ts';

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
}

/** A file that a run has made. */
export interface Artifact {
  readonly kind: 'image' | 'contact-sheet' | 'table' | 'report' | 'data';
  readonly path: string;
  /** SHA-256 of the file, hex. */
  readonly sha256: string;
  /** SHA-256 of the decoded pixels, hex; images only. */
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
  progress(progress: Progress): void;
  /** A small picture of work in progress, PNG bytes. */
  preview(png: Uint8Array, label: string): void;
  /** Tells the user something that doesn't stop the run. */
  warn(warning: ErrorData): void;
  artifact(artifact: Artifact): void;
}

/** A node as the host sees it: schema plus run function over untyped values. Made by `defineNode` in nodes/, which types it. */
export interface NodeDefinition<Services = unknown> extends NodeSchema {
  readonly run: (
    context: RunContext<Services>,
    inputs: Readonly<Record<string, unknown>>,
    params: Readonly<Record<string, unknown>>,
  ) => Promise<Readonly<Record<string, unknown>>>;
}

/** Turns values of one port type into bytes and back, for the disk cache. Port types without a codec live in memory only. */
export interface ValueCodec {
  readonly type: PortTypeName;
  encode(value: unknown): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}

/** The schema alone, for catalogues. */
export function schemaOf(definition: NodeDefinition<never>): NodeSchema {
  const { run: _run, ...schema } = definition;
  return schema;
}
