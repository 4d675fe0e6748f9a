import { inputError } from '../src/contract/errors.ts';
import type { Backbone, Denoiser, TextStates } from '../src/main/backbones/backbone.ts';
import { objectiveById } from '../src/main/diffusion/objectives/index.ts';
import type { TextFeeds } from '../src/main/diffusion/sample.ts';
import type { PictureTokens, Scheduler } from '../src/main/diffusion/scheduler.ts';
import { checkProcess, createScheduler as createSchedulerOf } from '../src/main/diffusion/schedulers/index.ts';

/**
 * Checks that text states are what the backbone's denoiser reads.
 * @param port The input that they came in by.
 * @throws AppError `sample.text` naming what differs.
 */
export function checkTextStates({ denoiser: { textInputs } }: Backbone, entries: readonly TextStates[], where: string, port: string): void {
  const say = (shapes: Readonly<Record<string, readonly number[]>>): string => Object.entries(shapes).map(([name, shape]) => `${name} [${shape.join(', ')}]`).sort().join(', ');
  const wanted = say(textInputs);
  for (const entry of entries) {
    const got = say(Object.fromEntries(Object.entries(feedsOf(entry)).map(([name, { shape }]) => [name, shape])));
    if (got !== wanted) throw inputError('sample.text', where, `${port} must hold the text states that the backbone reads, ${wanted}`, { got, hint: 'Encode the prompts with this backbone\'s own text encoders.', port });
  }
}

/** The choice of a scheduler that leaves it to the model's scheduler_config.json. */
export const SCHEDULER_OF_MODEL = 'as the model says';

/** The denoiser's text inputs for one prompt: `states.<stream>` [1, T, d] and the extras under their own names. */
export function feedsOf(states: TextStates): TextFeeds {
  const streams = Object.entries(states.streams).map(([id, stream]) => [`states.${id}`, stream.states] as const);
  return { ...Object.fromEntries(streams), ...states.extras };
}

/**
 * A scheduler for a number of inference steps, by id or as the model says.
 * @param size Of the latents.
 * @throws AppError when the model names one that isn't known, or that one or the chosen one is for another kind of model.
 */
export function createScheduler({ denoiser, schedulerConfig, objective }: Backbone, id: string, steps: number, size: LatentSize): Scheduler {
  checkProcess(schedulerConfig, objectiveById(objective).process);
  return createSchedulerOf(id === SCHEDULER_OF_MODEL ? undefined : id, schedulerConfig, steps, pictureTokens(denoiser, size));
}

/** What shifts of noise levels may have to know of pictures whose latents have this size. */
export function pictureTokens(denoiser: Denoiser, { height, width }: LatentSize): PictureTokens {
  return { imageTokens: denoiser.imageTokens?.(height, width) };
}

interface LatentSize {
  readonly height: number;
  readonly width: number;
}
