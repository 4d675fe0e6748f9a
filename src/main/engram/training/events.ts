import type { ErrorData } from '../../../contract/errors.ts';

/** Where a training run stands. `paused` goes on with resume; `failed` keeps the table as it was before the step that failed. */
export type TrainerState = 'idle' | 'running' | 'paused' | 'finished' | 'failed';

/** Sizes (L2 norms) of what is trained in one stream, after a step, and of the gradients of that step. */
export interface StreamNorms {
  readonly stream: string;
  readonly vectors: number;
  readonly scale: number;
  readonly vectorsGradient: number;
  readonly scaleGradient: number;
}

/** What a training run tells its watchers. Plain data. */
export type TrainingEvent =
  | { readonly type: 'state'; readonly state: TrainerState; readonly step: number; readonly error?: ErrorData }
  | {
    readonly type: 'step';
    /** Optimizer steps done. */
    readonly step: number;
    readonly steps: number;
    /** Mean over the step's batches. */
    readonly loss: number;
    /** Learning rates of this step. */
    readonly rates: { readonly vectors: number; readonly scale: number };
    readonly norms: readonly StreamNorms[];
    /** This step's own time; the first ones also make sessions. */
    readonly seconds: number;
    /** Expected time of the coming steps, from the measured ones. */
    readonly secondsPerStep: number;
    readonly secondsLeft: number;
  };
