import type { Session, SessionProvider, SessionRequest } from '../src/main/core/session.ts';

/** Runs `body` with a session and gives the session back whatever happens. */
export async function withSession<T>(sessions: SessionProvider, request: SessionRequest, body: (session: Session) => Promise<T>): Promise<T> {
  const session = await sessions.acquire(request);
  try {
    return await body(session);
  } finally {
    await session.dispose();
  }
}
