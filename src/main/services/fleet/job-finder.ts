import type { DeviceId } from '../../../contract/devices.ts';
import { describeError, toErrorData } from '../../../contract/errors.ts';
import type { Board, BoardBatch } from './board.ts';
import { FleetPlanReader } from './fleet-plan.ts';
import type { JobSource } from './job-source.ts';
import type { Lease } from './lease.ts';
import { byRarity, queueName, servesNeed } from './names.ts';
import type { PreparedRows, RowRenderer } from './rows.ts';
import { isStoreError, type Store } from './store.ts';

/** The board is read again after this long, told or not. */
const BOARD_EVERY_MS = 2000;
/** A batch that can't be served here is tried again after this long: somebody may have put the model there. */
const TRY_AGAIN_MS = 60_000;

/** A batch with all that is needed to run its rows. */
export interface OpenBatch {
  readonly batch: BoardBatch;
  readonly plan: FleetPlanReader;
  readonly rows: PreparedRows;
}

/** A job that was taken, and its batch. */
export interface FoundJob extends OpenBatch {
  readonly lease: Lease;
}

export interface JobFinderOptions {
  readonly board: Board;
  readonly source: JobSource;
  readonly store: Store;
  readonly renderer: RowRenderer;
  readonly device: DeviceId;
  readonly memoryBytes: number;
  /** Told once when a batch turns out not to be for this machine. */
  readonly onCannot: (batch: BoardBatch, reason: string) => void;
}

/** Finds the next job for one worker: batches by priority and age, special needs before common ones, no batch that can't be served here. */
export class JobFinder {
  private batches: readonly BoardBatch[] = [];
  private readAt = -Infinity;
  private readonly opened = new Map<string, OpenBatch>();
  private readonly refused = new Map<string, { readonly revision: number; readonly at: number; readonly reason: string }>();
  /** Queues that were found empty, and the revision of the batch then. */
  private readonly drained = new Map<string, number>();

  constructor(private readonly options: JobFinderOptions) {}

  /** The board has changed: it is read before the next job is looked for. */
  expire(): void {
    this.readAt = -Infinity;
  }

  /** Batches that can't be served here, and why. */
  get cannot(): { readonly batch: string; readonly reason: string }[] {
    return [...this.refused].map(([batch, { reason }]) => ({ batch, reason }));
  }

  /** True when nothing is left anywhere that this worker could do, not even with other workers. */
  get allDrained(): boolean {
    return this.batches.every((batch) => batch.state !== 'open' || this.refused.has(batch.id) || this.queuesOf(batch).every((queue) => this.drained.get(queue) === batch.revision));
  }

  /** A batch as it is on the board now; undefined when it is over. */
  async look(batch: string): Promise<BoardBatch | undefined> {
    await this.refresh(true);
    return this.batches.find(({ id }) => id === batch);
  }

  /** Takes the next job. @throws AppError `store.*` when the store is away. */
  async next(): Promise<FoundJob | undefined> {
    await this.refresh(false);
    for (const batch of this.batches) {
      if (batch.state !== 'open') continue;
      const open = await this.openBatch(batch);
      if (open === undefined) continue;
      const lease = await this.takeFrom(batch);
      if (lease !== undefined) return { ...open, lease };
    }
    return undefined;
  }

  private queuesOf(batch: BoardBatch): string[] {
    const { device, memoryBytes } = this.options;
    return batch.needs.filter((need) => servesNeed(need, device, memoryBytes)).sort(byRarity).map((need) => queueName(batch.id, need));
  }

  private async takeFrom(batch: BoardBatch): Promise<Lease | undefined> {
    const { source } = this.options;
    for (const queue of this.queuesOf(batch)) {
      if (this.drained.get(queue) === batch.revision) continue;
      const lease = await source.take(queue);
      if (lease !== undefined) return lease;
      // Empty, but while others have jobs of it, those may come back: somebody must look for lost workers.
      if (!(await source.isDrained(queue))) continue;
      this.drained.set(queue, batch.revision);
      await source.forget(queue);
    }
    return undefined;
  }

  private async openBatch(batch: BoardBatch): Promise<OpenBatch | undefined> {
    const known = this.opened.get(batch.id);
    if (known !== undefined && known.batch.plan === batch.plan) return { ...known, batch };
    const refused = this.refused.get(batch.id);
    if (refused !== undefined && refused.revision === batch.revision && Date.now() - refused.at < TRY_AGAIN_MS) return undefined;
    if (this.queuesOf(batch).length === 0) return undefined;
    try {
      const plan = await FleetPlanReader.open(this.options.store, batch.plan);
      const opened = { batch, plan, rows: await this.options.renderer.prepare(plan) };
      this.opened.set(batch.id, opened);
      this.refused.delete(batch.id);
      return opened;
    } catch (thrown) {
      const error = toErrorData(thrown);
      if (isStoreError(error.code)) throw thrown;
      const reason = describeError(error);
      if (refused?.reason !== reason) this.options.onCannot(batch, reason);
      this.refused.set(batch.id, { revision: batch.revision, at: Date.now(), reason });
      return undefined;
    }
  }

  private async refresh(now: boolean): Promise<void> {
    if (!now && Date.now() - this.readAt < BOARD_EVERY_MS) return;
    const asked = Date.now();
    this.batches = await this.options.board.batches();
    this.readAt = asked;
    const ids = new Set(this.batches.map(({ id }) => id));
    for (const id of [...this.opened.keys(), ...this.refused.keys()]) {
      if (ids.has(id)) continue;
      this.opened.delete(id);
      this.refused.delete(id);
    }
    for (const queue of this.options.source.queues) if (!ids.has(queue.slice(0, queue.indexOf('-')))) await this.options.source.forget(queue);
    for (const queue of this.drained.keys()) if (!ids.has(queue.slice(0, queue.indexOf('-')))) this.drained.delete(queue);
  }
}
