import type { Tensor } from './ir/tensor.ts';
import type { Graph } from './ir/types.ts';

/** A graph made ready to run on one device. Feeds and results are keyed by the graph's input and output names. */
export interface Session {
  /** Runs the graph once. Throws an AppError that names a missing or misshapen feed. */
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
  /** Frees the session; a second call does nothing. */
  dispose(): Promise<void>;
}

export interface SessionRequest {
  /** Same key, same graph: the provider may hand out a session that it still has. Must name everything that the graph depends on (config hash, sizes, batch). */
  readonly key: string;
  /** Called only when no session is alive for the key. */
  readonly build: () => Graph;
  /** The same computation in parts that run one after another, each with a session of its own that is freed when it has run; left out where it runs as one. Providers look at this first. */
  readonly parts?: () => readonly PartRequest[];
}

/** One part of a computation: it reads feeds of the whole and outputs of parts before it, by name. */
export interface PartRequest extends SessionRequest {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** Hands out sessions and keeps as many alive as its memory budget allows. */
export interface SessionProvider {
  acquire(request: SessionRequest): Promise<Session>;
  /** Private memory that a run of the request's session would take, in bytes: an estimate on the safe side, made without making the session. */
  estimate(request: SessionRequest): Promise<number>;
  /** What equal numbers depend on: provider name, ORT version, thread count. Part of content keys. */
  readonly deviceKey: string;
}
