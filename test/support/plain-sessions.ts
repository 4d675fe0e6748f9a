import type { Session, SessionProvider, SessionRequest } from '../../src/main/core/session.ts';
import { openGraph } from './run-graph.ts';

/** A session provider without budget, devices or eviction: one CPU session per key, kept until {@link PlainSessions.dispose}. */
export class PlainSessions implements SessionProvider {
  readonly deviceKey = 'test';
  /** Keys of the sessions made so far, in order. */
  readonly made: string[] = [];
  private readonly sessions = new Map<string, Promise<Session>>();

  acquire(request: SessionRequest): Promise<Session> {
    const session = this.sessions.get(request.key) ?? this.open(request);
    this.sessions.set(request.key, session);
    return session;
  }

  async dispose(): Promise<void> {
    for (const session of this.sessions.values()) await (await session).dispose();
    this.sessions.clear();
  }

  private async open({ key, build }: SessionRequest): Promise<Session> {
    this.made.push(key);
    const graph = await openGraph(build());
    return { run: (feeds) => graph.run(feeds), dispose: () => graph.release() };
  }
}
