import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { errorDataSchema } from '../../../contract/engine-rpc.ts';
import { AppError, inputError, runError, toErrorData } from '../../../contract/errors.ts';
import { makeFolder, writeFileAtomic } from '../atomic-write.ts';
import { nodeFileSystem, type FileSystem } from '../file-system.ts';
import type { DurableQueue } from './durable-queue.ts';

const id = z.string().min(1).max(200);

/** What can be asked of a queue from outside the process that works on it. */
export const queueRequestSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('pause') }),
  z.object({ type: z.literal('resume') }),
  z.object({ type: z.literal('cancel'), id }),
  z.object({ type: z.literal('move'), id, before: z.union([z.literal('first'), z.literal('last'), z.object({ before: id })]) }),
  z.object({ type: z.literal('priority'), id, priority: z.int() }),
  z.object({ type: z.literal('retry'), id }),
  z.object({ type: z.literal('retry-failed') }),
]);
export type QueueRequest = z.infer<typeof queueRequestSchema>;

const answerSchema = z.union([z.object({ ok: z.literal(true), text: z.string() }), z.object({ ok: z.literal(false), error: errorDataSchema })]);
type Answer = z.infer<typeof answerSchema>;

const REQUEST = /^([0-9a-z]+-[0-9a-f]{12})\.json$/;
/** Older requests were given up by whoever made them. */
const KEPT_MS = 60_000;
const POLL_MS = 100;

/** Carries a request out. @returns what came of it, for people. @throws AppError for what can't be done. */
export async function applyRequest(queue: DurableQueue, request: QueueRequest): Promise<string> {
  switch (request.type) {
    case 'pause': await queue.pause('paused by the user'); return 'paused; what runs is finished first';
    case 'resume': await queue.resume(); return 'resumed';
    case 'cancel': await queue.cancel(request.id); return 'cancelled';
    case 'move': await queue.move(request.id, request.before); return 'moved';
    case 'priority': await queue.setPriority(request.id, request.priority); return `priority ${request.priority}`;
    case 'retry': await queue.retry(request.id); return 'waiting again';
    case 'retry-failed': return `${await queue.retryAll('failed')} waiting again`;
  }
}

function parseJson<T>(text: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** A folder through which other processes ask the one that holds the lock: a file per request, and a file per answer. */
export class RequestSpool {
  constructor(private readonly folder: string, private readonly fileSystem: FileSystem = nodeFileSystem, private readonly now: () => number = Date.now) {}

  /**
   * Asks the process that works on the queue.
   * @returns its answer.
   * @throws AppError what it answered, or `queue.no-answer` after `timeout` milliseconds: the request is then withdrawn.
   */
  async ask(request: QueueRequest, timeout = 10_000): Promise<string> {
    const name = `${this.now().toString(36)}-${randomBytes(6).toString('hex')}`;
    const [requestPath, answerPath] = [join(this.folder, `${name}.json`), join(this.folder, `${name}.answer`)];
    await writeFileAtomic(requestPath, JSON.stringify(request), this.fileSystem);
    for (const end = this.now() + timeout; this.now() < end;) {
      const text = await this.fileSystem.readFile(answerPath, 'utf8').catch(() => undefined);
      const answer = text === undefined ? undefined : parseJson(text, answerSchema);
      if (answer === undefined) {
        await sleep(POLL_MS);
        continue;
      }
      await this.fileSystem.unlink(answerPath).catch(() => undefined);
      if (!answer.ok) throw new AppError(answer.error);
      return answer.text;
    }
    await this.fileSystem.unlink(requestPath).catch(() => undefined);
    throw runError('queue.no-answer', this.folder, 'the process that works on the queue must answer', { hint: 'It may have just ended: ask again' });
  }

  /** Carries out what was asked since the last call, oldest first. @returns how many requests. */
  async serve(apply: (request: QueueRequest) => Promise<string>): Promise<number> {
    const names = (await this.fileSystem.readdir(this.folder).catch(() => [])).filter((name) => REQUEST.test(name)).sort();
    for (const name of names) await this.answer(name, apply);
    return names.length;
  }

  /** Makes the folder and drops what nobody waits for any more. */
  async open(): Promise<void> {
    await makeFolder(this.folder, this.fileSystem);
    for (const name of await this.fileSystem.readdir(this.folder)) {
      const path = join(this.folder, name);
      const info = await this.fileSystem.stat(path).catch(() => undefined);
      if (info !== undefined && this.now() - info.mtimeMs > KEPT_MS) await this.fileSystem.unlink(path).catch(() => undefined);
    }
  }

  private async answer(name: string, apply: (request: QueueRequest) => Promise<string>): Promise<void> {
    const path = join(this.folder, name);
    const text = await this.fileSystem.readFile(path, 'utf8').catch(() => undefined);
    if (text === undefined) return; // withdrawn
    // Taken away first: carried out twice is worse than not answered.
    if (!(await this.fileSystem.unlink(path).then(() => true, () => false))) return; // withdrawn just now
    const request = parseJson(text, queueRequestSchema);
    let answer: Answer;
    try {
      if (request === undefined) throw inputError('queue.request', 'Request to the queue', 'must be one that this version knows', { got: text.slice(0, 80) });
      answer = { ok: true, text: await apply(request) };
    } catch (error) {
      answer = { ok: false, error: toErrorData(error, 'Queue') };
    }
    const stem = (REQUEST.exec(name) as RegExpExecArray)[1] as string;
    await writeFileAtomic(join(this.folder, `${stem}.answer`), JSON.stringify(answer), this.fileSystem);
  }
}
