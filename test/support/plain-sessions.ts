import type { Session, SessionProvider, SessionRequest } from '../../src/main/core/session.ts';
import { openGraph, type OpenGraph } from './run-graph.ts';

/**
 * A session provider without budget, devices or eviction: one CPU session per key, kept until {@link PlainSessions.dispose}.
 * Giving a session back frees nothing, as with a provider that has memory left.
 */
export class PlainSessions implements SessionProvider {
  readonly deviceKey = 'test';
  /** Keys of the sessions made so far, in order. */
  readonly made: string[] = [];
  private readonly graphs = new Map<string, Promise<OpenGraph>>();

  async acquire(request: SessionRequest): Promise<Session> {
    const graph = this.graphs.get(request.key) ?? this.open(request);
    this.graphs.set(request.key, graph);
    const { run } = await graph;
    return { run, dispose: () => Promise.resolve() };
  }

  estimate(): Promise<number> {
    return Promise.reject(new Error('PlainSessions has no budget to estimate for'));
  }

  async dispose(): Promise<void> {
    for (const graph of this.graphs.values()) await (await graph).release();
    this.graphs.clear();
  }

  private async open({ key, build }: SessionRequest): Promise<OpenGraph> {
    this.made.push(key);
    return openGraph(build());
  }
}
