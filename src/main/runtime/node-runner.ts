import type { NodeSchema, Artifact, Progress, Provenance } from '../../contract/node.ts';
import type { ErrorData } from '../../contract/errors.ts';
import type { PortTypeName } from '../../contract/port-types.ts';
import type { ValueDescription } from '../../contract/value-description.ts';

/** Names a value that lives where nodes run: content key of the node that made it, and the port. */
export interface ValueHandle {
  readonly key: string;
  readonly port: string;
}

/** Plain data: crosses the border to the engine process. */
export interface NodeRunRequest {
  readonly nodeId: string;
  readonly where: string;
  readonly type: string;
  readonly version: number;
  /** Checked, complete; paths are absolute. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, readonly ValueHandle[]>>;
  readonly contentKey: string;
  /** Canonical JSON of the graph file. */
  readonly graph: string;
  /** Folder that outputs go below. */
  readonly outputFolder: string;
  readonly provenance: Provenance;
  /** Somebody looks on. */
  readonly watched?: boolean | undefined;
}

/** Where an invocation belongs among those that may run together. */
export interface RowGroup {
  /** Equal for those that fit together. */
  readonly group: string;
  readonly items: number;
}

/** What a running node tells. */
export type NodeEvent =
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'preview'; readonly png: Uint8Array; readonly label: string; readonly step?: number | undefined }
  | { readonly type: 'warning'; readonly warning: ErrorData }
  | { readonly type: 'artifact'; readonly artifact: Artifact };

/** Where nodes run and values live: the engine process, or this process in tests. The counterpart of the node host. */
export interface NodeRunner {
  /** Every node type that can be run. */
  catalogue(): Promise<readonly NodeSchema[]>;
  /** What results depend on besides inputs: provider, ORT version, threads. */
  deviceKey(): Promise<string>;
  /** Where the values of a finished node are, if those of all outputs (port types by port name) are still there. Found values are kept until `release`. */
  lookup(key: string, outputs: Readonly<Record<string, PortTypeName>>): Promise<'memory' | 'disk' | 'missing'>;
  /** Runs one node; its outputs stay with the runner under the content key, at least until `release`. @throws AppError */
  run(request: NodeRunRequest, onEvent: (event: NodeEvent) => void, signal: AbortSignal): Promise<void>;
  /**
   * Runs invocations of nodes whose schema has `rows`; those that fit together share runs of the model. Each is kept and told of as by `run`.
   * @returns the error of each, or undefined where it went well.
   * @throws AppError for what concerns all of them.
   */
  runMany(requests: readonly NodeRunRequest[], onEvent: (row: number, event: NodeEvent) => void, signal: AbortSignal): Promise<readonly (ErrorData | undefined)[]>;
  /** What of invocations fits together, and how many items each has for the model; their inputs must be there. */
  rowGroups(requests: readonly NodeRunRequest[]): Promise<readonly RowGroup[]>;
  /**
   * The width that suits a node whose schema has `rows`: the largest from 1 to `rows.widest` whose estimate of memory stays within the budget; 1 when none does.
   * Of the inputs only those named by `rows.sizedBy` are needed, and must be there.
   * @param budget Bytes; what the engine gives its sessions when left out.
   */
  rowWidth(request: NodeRunRequest, budget?: number): Promise<number>;
  /** What can be said of a value that is held; for checks. @throws AppError when it isn't there or nothing can be said of its type */
  describe(handle: ValueHandle, type: PortTypeName): Promise<ValueDescription>;
  /** The values of these content keys may be dropped when memory is wanted. */
  release(keys: readonly string[]): Promise<void>;
  dispose(): Promise<void>;
}

/** Port types by output name. */
export function outputTypes(schema: NodeSchema): Record<string, PortTypeName> {
  return Object.fromEntries(Object.entries(schema.outputs).map(([name, port]) => [name, port.type]));
}
