import type { Redis } from 'ioredis';
import type { BatchPlan, PlannedGraph, PlannedRow } from '../../../contract/batch-plan.ts';
import type { ErrorData } from '../../../contract/errors.ts';
import type { NodeSchema } from '../../../contract/node.ts';
import type { RunFiles } from '../../runtime/plan-graph.ts';
import type { RowOutcome } from '../batch/run-row.ts';
import { FleetControl } from './control.ts';
import { FleetFollower } from './follow.ts';
import { batchId } from './names.ts';
import type { Store } from './store.ts';
import { submitToFleet, type Submission } from './submit.ts';

/** What a batch on a fleet is run with. */
export interface FleetRowsOptions {
  readonly redis: Redis;
  readonly store: Store;
  readonly catalogue: readonly NodeSchema[];
  readonly filesFor: (plan: BatchPlan, graph: PlannedGraph) => RunFiles;
  readonly program: string;
  /** Rows per job; the plan's width when left out. */
  readonly chunk?: number;
  readonly priority?: number;
  readonly shareModels: boolean;
  /** What was set aside on the fleet gets all its tries again. */
  readonly retryFailed: boolean;
  readonly onSubmitted: (submission: Submission) => void;
  readonly onTrouble: (error: ErrorData) => void;
}

/** Where rows run and their outputs go: the part of a batch's surroundings that a fleet needs. */
export interface FleetPlace {
  readonly plan: BatchPlan;
  readonly outputFolder: string;
}

/** Runs rows of one batch on a fleet instead of here. The whole batch is submitted with the first row; each row then only waits for its outputs. */
export class FleetRows {
  private follower: Promise<FleetFollower> | undefined;

  constructor(private readonly options: FleetRowsOptions) {}

  /** Settles when the row has ended. Stopping to wait leaves the fleet at work. @throws AppError when the batch can't be submitted. */
  async runRow(row: PlannedRow, place: FleetPlace, signal: AbortSignal): Promise<RowOutcome> {
    this.follower ??= this.submit(place);
    return (await this.follower).row(row, signal);
  }

  async close(): Promise<void> {
    await (await this.follower?.catch(() => undefined))?.close();
  }

  private async submit({ plan, outputFolder }: FleetPlace): Promise<FleetFollower> {
    const { redis, store, chunk = plan.width, filesFor, retryFailed, onSubmitted, onTrouble } = this.options;
    const control = new FleetControl(redis);
    const again = async (): Promise<Submission> => {
      await control.want(batchId(plan.batchKey));
      return submitToFleet({ ...this.options, plan, chunk, filesOf: (graph) => filesFor(plan, graph) });
    };
    const submission = await again();
    if (retryFailed) await control.retry(await control.find(submission.id));
    onSubmitted(submission);
    const follower = new FleetFollower({ redis, store, plan, submission, outputFolder, submitAgain: again, onTrouble });
    await follower.open();
    return follower;
  }
}
