import type { TorchGenerator } from '../core/random/torch-generator.ts';

/** A sampler in the interface of diffusers: setTimesteps, then per timestep scaleModelInput and step. One object per sampling run: it may hold history. */
export interface Scheduler {
  /** Times in the order of use, as given to the model (they may be fractional). */
  readonly timesteps: readonly number[];
  /** Initial latents are noise times this. */
  readonly initNoiseSigma: number;
  /** Model input for `timesteps[index]`; may return `sample` itself. */
  scaleModelInput(sample: Float32Array, index: number): Float32Array;
  /** The previous (less noisy) sample, elementwise in float32 as torch does it. Stochastic samplers draw from `generators` (one per image of the batch). */
  step(modelOutput: Float32Array, index: number, sample: Float32Array, generators: readonly TorchGenerator[]): Float32Array;
}

/** What a model was trained to undo: noise that drowns the signal step by step, or a straight path from picture to noise. */
export type Process = 'diffusion' | 'flow';

/** What a sampler may have to know of the pictures that it makes. */
export interface PictureTokens {
  /** Tokens that the denoiser cuts one picture into, for shifts that depend on it; undefined where it doesn't. */
  readonly imageTokens?: number | undefined;
}

/** One algorithm: one file under schedulers/ and one entry of the list. */
export interface SchedulerDefinition {
  /** Class name as in scheduler_config.json: `DDIMScheduler`. */
  readonly className: string;
  /** Name in menus and graph files: `ddim`. */
  readonly id: string;
  readonly title: string;
  /** Whether steps draw noise. */
  readonly stochastic: boolean;
  /** The kind of model that the algorithm is for, as a config sets it: some classes do either. */
  process(config: Readonly<Record<string, unknown>>): Process;
  /** What a config shifts flow matching's noise levels by for such pictures: s of σ' = s·σ / (1 + (s - 1)·σ), 1 for none. @throws AppError as `create` does. */
  shift(config: Readonly<Record<string, unknown>>, picture: PictureTokens): number;
  /** Options that this entry sets whatever the config says; an entry without any is the class as the config describes it. */
  readonly presets?: Readonly<Record<string, unknown>>;
  /**
   * A sampler for one run. Options that only other known classes have are ignored, as diffusers' `from_config` does.
   * @param config The parsed scheduler_config.json, of this class or of another.
   * @param steps Number of inference steps, 1..num_train_timesteps; the sampler may need more model calls than that.
   * @param picture What the pictures are; only shifts that depend on their size look at it.
   * @throws AppError naming file, key and value for an option or value that is not known.
   */
  create(config: Readonly<Record<string, unknown>>, steps: number, picture?: PictureTokens): Scheduler;
}
