import type { ErrorData } from './errors.ts';
import type { Artifact, Progress } from './node.ts';
import type { Finding } from './value-description.ts';

/** Why a node runs, as data: text is made at the edge. */
export type RunReason =
  /** It has never run in this graph. */
  | { readonly kind: 'first-run' }
  /** It is wanted for what it does. */
  | { readonly kind: 'side-effects' }
  /** Nothing has changed, but its values live in memory only and this process has none. */
  | { readonly kind: 'memory-only' }
  /** Nothing has changed, but its values had to make room in the cache. */
  | { readonly kind: 'evicted' }
  /** It has run in this very run, and its values went down with the engine process. */
  | { readonly kind: 'lost' }
  /** What differs from the last run, in words: `param "steps": 20 -> 30`. */
  | { readonly kind: 'changed'; readonly changes: readonly string[] };

/** What a run tells its watchers, in order. Plain data: the same for terminal, window and worker. */
export type RunEvent =
  | { readonly type: 'run-start'; readonly nodes: readonly string[] }
  | { readonly type: 'node-start'; readonly nodeId: string; readonly index: number; readonly total: number; readonly reason: RunReason }
  | { readonly type: 'node-progress'; readonly nodeId: string; readonly progress: Progress }
  | { readonly type: 'node-preview'; readonly nodeId: string; readonly png: Uint8Array; readonly label: string; readonly step?: number | undefined }
  | { readonly type: 'node-warning'; readonly nodeId: string; readonly warning: ErrorData }
  | { readonly type: 'node-done'; readonly nodeId: string; readonly ms: number; readonly cached: false | 'memory' | 'disk'; readonly findings?: readonly Finding[] }
  | { readonly type: 'node-error'; readonly nodeId: string; readonly error: ErrorData; readonly inputs: Readonly<Record<string, string>> }
  | { readonly type: 'node-skipped'; readonly nodeId: string; readonly because: string }
  | { readonly type: 'artifact'; readonly nodeId: string; readonly artifact: Artifact }
  | { readonly type: 'run-end'; readonly status: 'done' | 'failed' | 'cancelled'; readonly ms: number };

/** What a finished run leaves: the answer of `engram run --json`. */
export interface RunSummary {
  readonly status: 'done' | 'failed' | 'cancelled';
  readonly nodes: readonly { readonly id: string; readonly type: string; readonly ms: number; readonly cached: false | 'memory' | 'disk' }[];
  readonly outputs: readonly (Artifact & { readonly node: string })[];
  readonly errors: readonly ErrorData[];
}
