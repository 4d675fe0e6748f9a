import { toErrorData } from '../../src/contract/errors.ts';
import type { RunContext } from '../../src/contract/node.ts';
import type { Backbone } from '../../src/main/backbones/backbone.ts';
import type { Objective } from '../../src/main/core/training.ts';
import { colourLatents, type LatentColors } from '../../src/main/diffusion/latent-colors.ts';
import { objectiveById } from '../../src/main/diffusion/objectives/index.ts';
import type { SampledStep } from '../../src/main/diffusion/sample.ts';
import { planesToPixels, tilePictures } from '../pixels.ts';
import type { NodeServices } from '../services.ts';

/** Eyes need no more than three a second. */
const INTERVAL_MS = 300;
/** Most of the time that previews may take of sampling. */
const SHARE = 0.01;

/** Size of the latents of one image. */
interface LatentSize {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** What a sampler shows of its work: at each step the clean latents that it is heading for, coloured without the autoencoder. */
export class LatentPreview {
  private next = 0;
  private failed = false;

  private constructor(private readonly context: RunContext<NodeServices>, private readonly colors: LatentColors, private readonly objective: Objective, private readonly size: LatentSize) {}

  /**
   * Prepares previews; undefined when nobody looks on. To be called before the denoiser's session is there: the first time that an autoencoder is met it takes a short run of its decoder.
   * No result depends on previews: where they can't be made, that is told as a warning.
   */
  static async create(backbone: Backbone, size: LatentSize, context: RunContext<NodeServices>): Promise<LatentPreview | undefined> {
    if (!context.watched) return undefined;
    try {
      const colors = await context.services.latentColors.of(backbone.vae);
      return new LatentPreview(context, colors, objectiveById(backbone.objective).create(backbone.schedulerConfig), size);
    } catch (error) {
      warn(context, error);
      return undefined;
    }
  }

  /**
   * Shows a step when it is time for it, and the last one of a run of the model in any case.
   * @param images Places in the run's batch that are shown, side by side.
   */
  async show(step: SampledStep, images: readonly number[], label: string): Promise<void> {
    const { now } = this.context.services;
    const started = now();
    if (this.failed || (started < this.next && step.done < step.total)) return;
    try {
      this.context.preview(await this.render(step, images), label);
    } catch (error) {
      this.failed = true;
      warn(this.context, error);
    }
    const ended = now();
    this.next = ended + Math.max(INTERVAL_MS, (ended - started) / SHARE);
  }

  private render(step: SampledStep, images: readonly number[]): Promise<Uint8Array> {
    const { channels, height, width } = this.size;
    const each = channels * height * width;
    const part = (values: Float32Array, image: number): Float32Array => values.subarray(image * each, (image + 1) * each);
    const pictures = images.map((image) => {
      const clean = this.objective.clean(part(step.prediction, image), part(step.input, image), step.timestep);
      return { width, height, pixels: planesToPixels(colourLatents(this.colors, clean), width, height) };
    });
    return this.context.services.images.encodePng(tilePictures(pictures), {});
  }
}

function warn(context: RunContext<NodeServices>, error: unknown): void {
  const { rule, got } = toErrorData(error, context.where, 'run');
  context.warn({ code: 'sample.preview', kind: 'run', where: context.where, rule: 'previews could not be made; sampling goes on', got: got === undefined ? rule : `${rule}, got ${got}` });
}
