import { inputError } from '../../../contract/errors.ts';

/** A backbone that the benchmark knows how to bind and to sample. */
export interface BenchmarkBackbone {
  /** Name on the command line. */
  readonly name: string;
  /** The model folder, as graphs name it. */
  readonly folder: string;
  /** Params of the node Trigger Registry, the trigger aside. */
  readonly registry: Readonly<Record<string, number | readonly string[]>>;
  /** Params of the node Train. */
  readonly train: Readonly<Record<string, number | string>>;
  /** Params of the node Sample. */
  readonly sample: Readonly<Record<string, number | string>>;
}

/** Every backbone of the identity benchmark, one entry each. The pictures of all are judged by the same probes. */
export const BENCHMARK_BACKBONES: readonly BenchmarkBackbone[] = [
  {
    name: 'pocket-sd15', folder: 'models:pocket-sd15',
    registry: { maxNgram: 7 },
    train: { steps: 300, batchSize: 5, vectorRate: 0.015, scaleRate: 0.001, schedule: 'linear', warmupSteps: 20, seed: 0 },
    sample: { steps: 30, guidanceScale: 3.5, scheduler: 'ddim', batchSize: 8 },
  },
  {
    name: 'pocket-sd35', folder: 'models:pocket-sd35',
    // Bound to T5 as well, two figures in one picture mix more (docs/decisions/0019-rates-of-the-pocket-tables.md).
    registry: { maxNgram: 7, leaveOut: ['t5'] },
    train: { steps: 500, batchSize: 5, vectorRate: 0.008, scaleRate: 0.012, schedule: 'linear', warmupSteps: 20, seed: 0 },
    sample: { steps: 28, guidanceScale: 2.5, batchSize: 8 },
  },
];

/** The backbone of a name. @throws AppError `benchmark.backbone` listing those that there are. */
export function benchmarkBackbone(name: string): BenchmarkBackbone {
  const found = BENCHMARK_BACKBONES.find((backbone) => backbone.name === name);
  if (found === undefined) throw inputError('benchmark.backbone', '--backbone', `must be one of ${BENCHMARK_BACKBONES.map((backbone) => backbone.name).join(', ')}`, { got: name });
  return found;
}
