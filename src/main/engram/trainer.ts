import { cancelledError, inputError, internalError, runError, toErrorData, type ErrorData } from '../../contract/errors.ts';
import type { SessionProvider, SessionRequest } from '../core/session.ts';
import type { Objective, TrainingSettings } from '../core/training.ts';
import { checkTable, type ConceptTable } from './table.ts';
import { tableFingerprint } from './table-file.ts';
import { BatchRunner } from './training/batch-runner.ts';
import { decodeCheckpoint, encodeCheckpoint, type CheckpointIdentity } from './training/checkpoint.ts';
import { checkTrainingData, fingerprintData, type TrainingData } from './training/data.ts';
import { createDataOrder, type DataOrder } from './training/data-order.ts';
import { createTorchDraws, type TrainingDraws } from './training/draws.ts';
import type { TrainerState, TrainingEvent } from './training/events.ts';
import { TableOptimizer } from './training/optimizer.ts';
import { checkTrainingSettings } from './training/settings.ts';
import { BatchTimer } from './training/time-left.ts';
import { TrainedTable } from './training/trained-table.ts';

/** Losses that a checkpoint keeps, so that a chart goes on without a gap. */
const LOSS_TAIL = 1000;
/** Mixed into the seed of the data order, so that order and noise don't come from the same numbers (2^32 divided by the golden ratio). */
const ORDER_SEED = 0x9e3779b9;

export interface TrainerOptions {
  /** What to call the run in messages: `Train "t1"`. */
  readonly label: string;
  /** Where training starts; it is left as it is. */
  readonly table: ConceptTable;
  readonly settings: TrainingSettings;
  readonly data: TrainingData;
  readonly objective: Objective;
  /** Fingerprint of the frozen denoiser: a checkpoint only goes on with the same one. */
  readonly modelFingerprint: string;
  /** The training graph for a batch size and the streams whose gradient is wanted (see `trainingPlan`). */
  readonly plan: (batch: number, streams: readonly string[]) => SessionRequest;
  readonly sessions: SessionProvider;
  /** Milliseconds from any start, never falling: for the time left only, no number depends on it. */
  readonly now: () => number;
  readonly onEvent?: (event: TrainingEvent) => void;
  /** Awaited after every step, for samples and checkpoints; its time isn't counted. */
  readonly afterStep?: (step: number) => Promise<void>;
  /** In place of seeded ones: given batches, given noise. */
  readonly order?: DataOrder;
  readonly draws?: TrainingDraws;
}

/** What a step needs to be undone, and a checkpoint to be exact: the generators as they stood between two steps. */
interface Standing {
  readonly order: unknown;
  readonly draws: unknown;
}

/**
 * Trains one table on a frozen model (paper 2.6): per step one or more batches, the chain rule onto vectors and scales, one AdamW update. A step is all or nothing: when it is cancelled or
 * fails, table, optimizer and generators stand as before it, and `save` gives a checkpoint from which the same numbers follow.
 */
export class Trainer {
  private current: TrainerState = 'idle';
  private done = 0;
  private pauseWanted = false;
  private standing: Standing;
  private losses: number[] = [];
  private readonly table: TrainedTable;
  private readonly batches: BatchRunner;
  private readonly optimizer: TableOptimizer;
  private readonly order: DataOrder;
  private readonly draws: TrainingDraws;
  private readonly timer = new BatchTimer();
  private readonly identity: CheckpointIdentity;

  /** @throws AppError when settings, data or table are out of range, don't fit each other, or leave nothing to learn. */
  constructor(private readonly options: TrainerOptions) {
    const { label, settings, data, objective, sessions, plan } = options;
    checkTrainingSettings(settings, label);
    checkTable(options.table, label);
    checkTrainingData(data, label);
    checkStreams(options);
    this.table = new TrainedTable(options.table);
    this.batches = new BatchRunner({ data, table: this.table, objective, sessions, plan });
    if (!this.batches.anyMatch) {
      throw inputError('train.no-trigger', label, `some caption must hold the trigger "${options.table.trigger}" or a registered part of it`, {
        got: `${data.examples.length} captions without`, hint: 'Write the trigger into the captions where the subject stands',
      });
    }
    this.optimizer = new TableOptimizer(this.table.streams, settings);
    this.order = options.order ?? createDataOrder({ count: data.examples.length, batch: settings.batch, shuffle: settings.shuffle, lastBatch: settings.lastBatch, seed: (settings.seed ^ ORDER_SEED) >>> 0 });
    this.draws = options.draws ?? createTorchDraws(settings.seed, objective);
    this.standing = { order: this.order.save(), draws: this.draws.save() };
    this.identity = {
      settings, table: tableFingerprint(options.table), data: fingerprintData(data), model: options.modelFingerprint,
      objective: objective.id, device: sessions.deviceKey,
    };
  }

  get state(): TrainerState {
    return this.current;
  }

  /** Optimizer steps done. */
  get step(): number {
    return this.done;
  }

  /** Losses of the last steps, oldest first. */
  get recentLosses(): readonly number[] {
    return this.losses;
  }

  /** Trains from the first step until all are done, {@link pause} is called or the signal aborts (then the promise rejects, and the trainer is paused). */
  async start(signal?: AbortSignal): Promise<TrainerState> {
    this.expectState('start', 'idle');
    return this.run(signal);
  }

  /** Goes on after a pause, a cancellation or {@link restore}. */
  async resume(signal?: AbortSignal): Promise<TrainerState> {
    this.expectState('resume', 'paused');
    return this.run(signal);
  }

  /** Does a single step and pauses. */
  async stepOnce(signal?: AbortSignal): Promise<TrainerState> {
    this.expectState('stepOnce', 'idle', 'paused');
    this.pauseWanted = true;
    return this.run(signal);
  }

  /** Pauses after the step that is running. */
  pause(): void {
    if (this.current === 'running') this.pauseWanted = true;
  }

  /** Gives the sessions back until the next batch, for a caller that wants the memory between steps. */
  async releaseSessions(): Promise<void> {
    await this.batches.release();
  }

  /** A copy of the table as it stands, with what it was trained on in its provenance. */
  snapshot(): ConceptTable {
    const table = this.table.snapshot();
    const { settings, table: start, data, model, objective, device } = this.identity;
    const provenance = {
      'training.steps': String(this.done), 'training.images': String(this.options.data.examples.length), 'training.settings': JSON.stringify(settings),
      'training.start': start, 'training.data': data, 'training.model': model, 'training.objective': objective, 'training.device': device,
    };
    return { ...table, provenance: { ...table.provenance, ...provenance } };
  }

  /** A checkpoint: a file's bytes. Exact at any time, also while a step is running: it then holds what stood before it. */
  save(): Uint8Array {
    return encodeCheckpoint({ identity: this.identity, step: this.done, losses: this.losses, standing: this.standing, tensors: this.optimizer.save() });
  }

  /**
   * Takes up a checkpoint; the trainer is paused then. Resumed on the same device, thread count and runtime it gives the same bytes as an unbroken run.
   * @returns `exact` is false when the device differs: then last digits may too.
   * @throws AppError when the checkpoint is damaged, or made with other settings, images, model or starting table.
   */
  restore(bytes: Uint8Array): { readonly exact: boolean } {
    this.expectState('restore', 'idle');
    const { label, settings } = this.options;
    const checkpoint = decodeCheckpoint(bytes, `${label}, checkpoint`, this.identity);
    if (checkpoint.step > settings.steps) throw inputError('train.checkpoint', label, `the checkpoint must be of at most ${settings.steps} steps`, { got: String(checkpoint.step) });
    try {
      this.order.restore(checkpoint.standing.order);
      this.draws.restore(checkpoint.standing.draws);
      this.optimizer.restore(checkpoint.tensors, checkpoint.step, label);
    } catch (error) {
      this.putBack();
      throw error;
    }
    this.standing = checkpoint.standing;
    this.done = checkpoint.step;
    this.losses = [...checkpoint.losses];
    this.enter('paused');
    return { exact: checkpoint.identity.device === this.identity.device };
  }

  private async run(signal: AbortSignal | undefined): Promise<TrainerState> {
    this.enter('running');
    try {
      while (this.done < this.options.settings.steps) {
        if (signal?.aborted === true) throw cancelledError(this.options.label);
        await this.trainStep(signal);
        await this.options.afterStep?.(this.done);
        if (this.pauseWanted && this.done < this.options.settings.steps) return this.enter('paused');
      }
      return this.enter('finished');
    } catch (error) {
      const data = toErrorData(error, this.options.label, 'run');
      this.enter(data.kind === 'cancelled' ? 'paused' : 'failed', data);
      throw error;
    } finally {
      this.pauseWanted = false;
      await this.batches.release();
    }
  }

  /** One optimizer step, or none: what was drawn for a step that breaks off is put back. */
  private async trainStep(signal: AbortSignal | undefined): Promise<void> {
    const { settings } = this.options;
    const begun = this.options.now();
    try {
      this.table.clearGradient();
      let loss = 0;
      for (let batch = 0; batch < settings.accumulation; batch += 1) {
        if (signal?.aborted === true) throw cancelledError(this.options.label);
        loss += (await this.trainBatch()) / settings.accumulation;
      }
      // The mean over batches, however many examples each has, as the reference's gradient accumulation.
      this.table.scaleGradient(1 / settings.accumulation);
      const norms = this.table.norms();
      this.checkFinite(loss, norms.flatMap(({ vectorsGradient, scaleGradient }) => [vectorsGradient, scaleGradient]));
      const rates = this.optimizer.step(this.done);
      this.done += 1;
      this.losses = [...this.losses, loss].slice(-LOSS_TAIL);
      this.standing = { order: this.order.save(), draws: this.draws.save() };
      this.report(loss, rates, (this.options.now() - begun) / 1000);
    } catch (error) {
      this.putBack();
      throw error;
    }
  }

  /** Order and draws as they stood before what broke off. */
  private putBack(): void {
    this.order.restore(this.standing.order);
    this.draws.restore(this.standing.draws);
  }

  private async trainBatch(): Promise<number> {
    const { channels, height, width } = this.options.data;
    const begun = this.options.now();
    const indices = this.order.next();
    const loss = await this.batches.run(indices, this.draws.next(indices.length, channels * height * width));
    this.timer.add(indices.length, (this.options.now() - begun) / 1000);
    return loss;
  }

  private checkFinite(loss: number, gradients: readonly number[]): void {
    // AdamW keeps squares in float32.
    const gradient = gradients.find((norm) => !Number.isFinite(Math.fround(norm * norm)));
    if (Number.isFinite(loss) && gradient === undefined) return;
    const last = this.losses.at(-1);
    const before = last === undefined ? 'No step before it was finite' : `The last finite loss was ${last} at step ${this.done}`;
    const what = Number.isFinite(loss) ? 'the square of the gradient must be finite' : 'the loss must be finite';
    throw runError('train.not-finite', `${this.options.label}, step ${this.done + 1}`, what, {
      got: String(Number.isFinite(loss) ? gradient : loss), hint: `${before}. The table is kept as it was then: lower the learning rates, or check images and model`,
    });
  }

  private report(loss: number, rates: { readonly vectors: number; readonly scale: number }, seconds: number): void {
    const { steps, accumulation } = this.options.settings;
    const left = steps - this.done;
    const secondsLeft = this.timer.expect(this.order.upcomingSizes(left * accumulation)) ?? 0;
    const secondsPerStep = left === 0 ? seconds : secondsLeft / left;
    this.options.onEvent?.({ type: 'step', step: this.done, steps, loss, rates, norms: this.table.norms(), seconds, secondsPerStep, secondsLeft });
  }

  private enter(state: TrainerState, error?: ErrorData): TrainerState {
    this.current = state;
    this.options.onEvent?.({ type: 'state', state, step: this.done, ...(error === undefined ? {} : { error }) });
    return state;
  }

  private expectState(what: string, ...allowed: readonly TrainerState[]): void {
    if (!allowed.includes(this.current)) throw internalError('train.state', this.options.label, `${what} must be called when ${allowed.join(' or ')}`, { got: this.current });
  }
}

/** Every stream of the table must be among the data's, with its width. */
function checkStreams({ label, table, data }: TrainerOptions): void {
  const { streams } = data.examples[0]!.text;
  for (const { stream, width } of table.streams) {
    const found = streams[stream]?.states.shape[2];
    if (found !== width) {
      const got = found === undefined ? `states of ${Object.keys(streams).join(', ')}` : `states of width ${found}`;
      throw inputError('train.stream', label, `the table has a part for the text stream "${stream}" with width ${width}`, { got, hint: 'Use a table that was made for this model' });
    }
  }
}
