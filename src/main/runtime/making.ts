import { AppError, cancelledError, toErrorData, type ErrorData } from '../../contract/errors.ts';
import type { NodeEvent, NodeRunRequest } from './node-runner.ts';

/** One who waits for a value. */
interface Member {
  readonly request: NodeRunRequest;
  readonly onEvent: (event: NodeEvent) => void;
  readonly leave: (error?: AppError) => void;
}

/**
 * A value that is being made, for everyone who asks for its content key meanwhile. It goes on as long as one of them wants it:
 * each may be cancelled by itself.
 */
export class Making {
  private readonly controller = new AbortController();
  private readonly members = new Set<Member>();
  /** What late comers are told too; previews aren't kept. */
  private readonly told: NodeEvent[] = [];
  private turn: { readonly finish: (error?: AppError) => void; readonly leaveQueue: () => void } | undefined;
  private isQueued = false;
  private ended: Promise<void> = Promise.resolve();

  /** @param request Of who asked first: it is the one that runs. */
  constructor(readonly request: NodeRunRequest) {}

  /** Aborted when nobody wants the value any more. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Nobody wants it, and it is about to end: who comes now must begin anew. */
  get abandoned(): boolean {
    return this.controller.signal.aborted;
  }

  /** It waits for others to run with. */
  get queued(): boolean {
    return this.isQueued;
  }

  /** Settles when the work has ended, whatever came of it. Never rejects. */
  get settled(): Promise<void> {
    return this.ended;
  }

  /** Starts the work. @param onEnd Called when it has ended, before anyone is told. */
  begin(work: () => Promise<void>, onEnd: () => void): void {
    const end = (error?: unknown): void => {
      onEnd();
      for (const member of [...this.members]) member.leave(error === undefined ? undefined : this.errorFor(member.request, error));
    };
    this.ended = work().then(() => { end(); }, (error: unknown) => { end(error); });
  }

  /** Waits for a turn with others. @param leaveQueue Called when nobody wants it any more before its turn. */
  queue(leaveQueue: () => void): Promise<void> {
    if (this.abandoned) return Promise.reject(cancelledError(this.request.where));
    this.isQueued = true;
    return new Promise((resolve, reject) => {
      this.turn = { leaveQueue, finish: (error) => { if (error === undefined) resolve(); else reject(error); } };
    });
  }

  /** Its turn has come. */
  dequeue(): void {
    this.isQueued = false;
  }

  /** Its turn is over. */
  finish(error?: ErrorData): void {
    this.turn?.finish(error === undefined ? undefined : new AppError(error));
  }

  /** Passes an event on to everyone who waits. */
  tell(event: NodeEvent): void {
    if (event.type !== 'preview') this.told.push(event);
    for (const { onEvent, request } of this.members) onEvent(this.eventFor(request, event));
  }

  /** Waits for the value. @throws AppError in the words of this request: why there is none, or `run.cancelled` as soon as its signal is aborted. */
  join(request: NodeRunRequest, onEvent: (event: NodeEvent) => void, signal: AbortSignal): Promise<void> {
    for (const event of this.told) onEvent(this.eventFor(request, event));
    return new Promise((resolve, reject) => {
      const member: Member = {
        request, onEvent,
        leave: (error) => {
          signal.removeEventListener('abort', cancel);
          this.members.delete(member);
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      const cancel = (): void => {
        member.leave(cancelledError(request.where));
        if (this.members.size === 0) this.abandon();
      };
      this.members.add(member);
      signal.addEventListener('abort', cancel, { once: true });
    });
  }

  private abandon(): void {
    this.controller.abort();
    if (!this.isQueued) return;
    this.isQueued = false;
    this.turn?.leaveQueue();
    this.turn?.finish(cancelledError(this.request.where));
  }

  private eventFor(request: NodeRunRequest, event: NodeEvent): NodeEvent {
    return event.type === 'warning' ? { ...event, warning: this.inWordsOf(request, event.warning) } : event;
  }

  private errorFor(request: NodeRunRequest, thrown: unknown): AppError {
    return new AppError(this.inWordsOf(request, toErrorData(thrown, this.request.where, 'run')), { cause: thrown });
  }

  /** What was said of the node that ran, said of the equal node of another graph. */
  private inWordsOf({ where, nodeId }: NodeRunRequest, data: ErrorData): ErrorData {
    const own = data.where.startsWith(this.request.where) ? `${where}${data.where.slice(this.request.where.length)}` : data.where;
    return { ...data, where: own, ...(data.nodeId === this.request.nodeId ? { nodeId } : {}) };
  }
}
