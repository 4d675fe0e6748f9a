import { internalError } from '../../contract/errors.ts';
import { gradients } from '../core/autodiff/gradients.ts';
import type { GraphBuilder } from '../core/ir/builder.ts';
import type { Graph, Value } from '../core/ir/types.ts';
import { meanOfAll, mul, sub } from '../core/ops/functions.ts';
import { newGraph } from '../core/ops/registry.ts';
import { gradientParts, type DifferentiatedGraph } from '../core/segments.ts';
import type { SessionRequest } from '../core/session.ts';

/** Sizes that a training graph is built for; height and width are those of the latents. */
export interface TrainingShape {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
}

/** What training asks of a frozen denoiser; a backbone's `Denoiser` fits. */
export interface TrainableDenoiser {
  /** Sessions that its graphs are cut into; one where left out. */
  readonly segments?: number;
  /** The plain forward graph; its key names everything that the denoiser's graph depends on. */
  plan(shape: TrainingShape): SessionRequest;
  /** Adds inputs `latents`, `timestep`, `states.<stream>` and extras to a graph under construction. */
  build(builder: GraphBuilder, shape: TrainingShape): {
    /** Per stream [B, T, d]. */
    readonly states: Readonly<Record<string, Value>>;
    /** [B, C, h, w] */
    readonly prediction: Value;
  };
}

/** A scalar that says how far a prediction is from its target. */
export interface LossFunction {
  /** Part of session keys. */
  readonly id: string;
  /** A scalar (shape []) from two values [B, C, h, w]. */
  build(builder: GraphBuilder, prediction: Value, target: Value): Value;
}

/** mean((prediction - target)^2) over batch, channels and places (paper eqs. 2 and 3). */
export const meanSquaredError: LossFunction = {
  id: 'mean-squared-error',
  build(builder, prediction, target) {
    const difference = sub(builder, prediction, target);
    return meanOfAll(builder, mul(builder, difference, difference));
  },
};

/** Name of the output that holds d loss/d states of a stream. */
export function gradientOutput(stream: string): string {
  return `grad.${stream}`;
}

/**
 * The session that a training step runs: the frozen denoiser, the loss on top and the backward pass down to the text states, in one graph. Inputs are the denoiser's and
 * `target` [B, C, h, w]; outputs `loss` [] and `grad.<stream>` [B, T, d].
 * @param streams The streams whose gradient is wanted; none gives the forward pass alone.
 */
export function trainingPlan(denoiser: TrainableDenoiser, shape: TrainingShape, streams: readonly string[], loss: LossFunction = meanSquaredError): SessionRequest {
  const key = `training ${loss.id} [${streams.join(', ')}] of ${denoiser.plan(shape).key}`;
  const whole = { key, build: () => buildTrainingGraph(denoiser, shape, streams, loss) };
  const { segments = 1 } = denoiser;
  return segments === 1 ? whole : { ...whole, parts: () => gradientParts(key, forwardGraph(denoiser, shape, streams, loss), segments) };
}

function buildTrainingGraph(denoiser: TrainableDenoiser, shape: TrainingShape, streams: readonly string[], loss: LossFunction): Graph {
  const { builder, loss: lossValue, targets } = addForward(denoiser, shape, streams, loss);
  if (targets.length === 0) return builder.build();
  const found = gradients(builder, lossValue, targets.map(({ value }) => value));
  targets.forEach(({ name }, index) => { builder.output(name, found[index]!); });
  return builder.build();
}

function forwardGraph(denoiser: TrainableDenoiser, shape: TrainingShape, streams: readonly string[], loss: LossFunction): DifferentiatedGraph {
  const { builder, ...rest } = addForward(denoiser, shape, streams, loss);
  return { graph: builder.build(), ...rest };
}

/** The denoiser with the loss on top, and the states whose gradient is wanted. */
function addForward(denoiser: TrainableDenoiser, shape: TrainingShape, streams: readonly string[], loss: LossFunction): { builder: GraphBuilder } & Omit<DifferentiatedGraph, 'graph'> {
  const builder = newGraph('training');
  const { states, prediction } = denoiser.build(builder, shape);
  const target = builder.input('target', 'float32', prediction.type.shape);
  const lossValue = builder.scope('loss', () => loss.build(builder, prediction, target));
  builder.output('loss', lossValue);
  const targets = streams.map((stream) => {
    const value = states[stream];
    if (value === undefined) throw internalError('training.stream', 'Training graph', `the denoiser must take states of "${stream}"`, { got: Object.keys(states).join(', ') });
    return { name: gradientOutput(stream), value };
  });
  return { builder, loss: lossValue, targets };
}
