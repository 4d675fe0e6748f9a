import { internalError } from '../../contract/errors.ts';
import type { SessionOptions } from './ort.ts';

/** A named set of session options that trades memory for speed. */
export interface SessionPlan {
  readonly id: string;
  readonly doc: string;
  /** ONNX Runtime keeps its own copy of every weight (transposed, folded or packed) instead of mapping the file. */
  readonly copiesWeights: boolean;
  readonly options: SessionOptions;
  /** Config entries of `extra.session` and `extra.optimization`. */
  readonly session: Readonly<Record<string, string>>;
  readonly optimization: Readonly<Record<string, string>>;
}

/** Every plan, one entry each. */
export const SESSION_PLANS = [
  {
    id: 'default',
    doc: 'All of ONNX Runtime\'s optimisations: fastest runs, weights copied into memory, creation takes long for large models.',
    copiesWeights: true,
    options: { graphOptimizationLevel: 'all' },
    session: {},
    optimization: {},
  },
  {
    id: 'lean',
    doc: 'Weights stay mapped from their files: no prepacking, no constant folding (it would copy every cast or transposed weight), no layout changes.',
    copiesWeights: false,
    // The memory pattern's block would come on top of the arena's: measured 432 MB instead of 249 MB for one attention at 4096 tokens.
    options: { graphOptimizationLevel: 'extended', enableMemPattern: false },
    session: { disable_prepacking: '1' },
    optimization: { disable_specified_optimizers: 'ConstantFolding' },
  },
] as const satisfies readonly SessionPlan[];

export type PlanId = (typeof SESSION_PLANS)[number]['id'];

/** `by-size`: `default` below {@link LEAN_FROM_BYTES} of weights, else `lean`. */
export type PlanChoice = PlanId | 'by-size';

/** Weights from which `by-size` takes the lean plan: below, copies are cheap and sessions are made in under a second or two. */
export const LEAN_FROM_BYTES = 256 * 1024 * 1024;

/** The plan for a graph with that many bytes of weights (as float32). */
export function choosePlan(choice: PlanChoice, weightBytes: number): SessionPlan {
  const id = choice === 'by-size' ? (weightBytes < LEAN_FROM_BYTES ? 'default' : 'lean') : choice;
  const plan = SESSION_PLANS.find((candidate) => candidate.id === id);
  if (plan === undefined) throw internalError('session.plan', 'Session plan', `must be one of ${SESSION_PLANS.map((known) => known.id).join(', ')}`, { got: id });
  return plan;
}

/** How a plan choice is written into a device key: equal texts, equal plan for equal graphs. */
export function planKey(choice: PlanChoice): string {
  return choice === 'by-size' ? `by-size-${LEAN_FROM_BYTES}` : choice;
}
