import { inputError } from '../../../contract/errors.ts';
import { AdamW } from '../../core/optimizers/adamw.ts';
import { rateFactor } from '../../core/optimizers/rates.ts';
import type { NamedTensor } from '../../core/safetensors/write.ts';
import type { TrainingSettings } from '../../core/training.ts';
import type { TrainedStream } from './trained-table.ts';

/** What is trained in each stream: one group of settings each (paper 2.6). */
const GROUPS = ['vectors', 'scale'] as const;
type Group = (typeof GROUPS)[number];

/** One parameter array of the table. */
interface TrainedPart {
  /** `<stream>.vectors` or `<stream>.scale`: its tensor in checkpoints, and the start of those of its moments. */
  readonly name: string;
  readonly group: Group;
  readonly parameters: Float32Array;
  readonly gradient: Float64Array;
  readonly adamw: AdamW;
}

/** AdamW over a table: vectors and scales of all streams with their own rates, one warm-up and one schedule. */
export class TableOptimizer {
  private readonly parts: readonly TrainedPart[];

  /** @throws AppError when the settings name no known schedule. */
  constructor(streams: readonly TrainedStream[], private readonly settings: TrainingSettings) {
    rateFactor(settings.schedule, 0, settings.steps, settings.warmUp);
    this.parts = streams.flatMap((stream) => GROUPS.map((group): TrainedPart => {
      const adamw = new AdamW(stream[group], { weightDecay: settings[group].weightDecay });
      return { name: `${stream.stream}.${group}`, group, parameters: stream[group], gradient: stream.gradient[group], adamw };
    }));
  }

  /** Update number `step` (from 0), from the gradients that the streams hold. Returns the rates that it used. */
  step(step: number): Record<Group, number> {
    const { schedule, steps, warmUp, vectors, scale } = this.settings;
    const factor = rateFactor(schedule, step, steps, warmUp);
    const rates = { vectors: vectors.rate * factor, scale: scale.rate * factor };
    for (const { group, gradient, adamw } of this.parts) adamw.update(Float32Array.from(gradient), rates[group]);
    return rates;
  }

  /** Parameters and moments: `<stream>.vectors`, `.average` and `.squared_average` below it; `<stream>.scale` likewise. */
  save(): NamedTensor[] {
    const tensor = (name: string, data: Float32Array): NamedTensor => ({ name, dtype: 'float32', shape: [data.length], data });
    return this.parts.flatMap(({ name, parameters, adamw }) => {
      const { average, squaredAverage } = adamw.save();
      return [tensor(name, parameters.slice()), tensor(`${name}.average`, average), tensor(`${name}.squared_average`, squaredAverage)];
    });
  }

  /** Goes on where {@link save} stood, all or nothing. @throws AppError when a tensor is missing, too much, of another size or not finite. */
  restore(tensors: readonly NamedTensor[], step: number, where: string): void {
    const left = new Map(tensors.map((tensor) => [tensor.name, tensor]));
    const take = (name: string, length: number): Float32Array => {
      const tensor = left.get(name);
      left.delete(name);
      if (tensor?.dtype !== 'float32' || tensor.data.length !== length || !(tensor.data as Float32Array).every(Number.isFinite)) {
        const got = tensor === undefined ? 'none' : `${tensor.dtype} [${tensor.shape.join(', ')}]`;
        throw inputError('train.checkpoint-tensor', where, `the checkpoint must have a tensor "${name}" of ${length} finite float32 numbers`, { got });
      }
      return tensor.data as Float32Array;
    };
    const found = this.parts.map(({ name, parameters: { length } }) => ({
      parameters: take(name, length), average: take(`${name}.average`, length), squaredAverage: take(`${name}.squared_average`, length),
    }));
    const [unknown] = left.keys();
    if (unknown !== undefined) throw inputError('train.checkpoint-tensor', where, 'the checkpoint must hold no other tensors than those of the table', { got: unknown });
    found.forEach(({ parameters, ...moments }, index) => {
      this.parts[index]!.parameters.set(parameters);
      this.parts[index]!.adamw.restore({ step, ...moments });
    });
  }
}
