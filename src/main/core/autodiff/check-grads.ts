import { internalError } from '../../../contract/errors.ts';
import { GraphBuilder } from '../ir/builder.ts';
import { elementCount } from '../ir/tensor.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { Graph, Shape, Value } from '../ir/types.ts';
import type { OpRegistry } from '../ops/op.ts';
import { mul, reduceSum, reshape } from '../ops/functions.ts';
import { opRegistry } from '../ops/registry.ts';
import { createTorchGenerator } from '../random/torch-generator.ts';
import type { TorchGenerator } from '../random/torch-generator.ts';
import { gradients } from './gradients.ts';

/** Runs one graph on several feeds, in order. */
export type GraphRunner = (graph: Graph, feeds: readonly Readonly<Record<string, Tensor>>[]) => Promise<readonly Readonly<Record<string, Tensor>>[]>;

/** One input of the checked function: drawn evenly from low..high, -1..1 when left out. */
export interface CheckedInput {
  readonly shape: Shape;
  readonly low?: number;
  readonly high?: number;
  /** Least distance from 0, for functions with a kink there; default 0. */
  readonly clearOfZero?: number;
  /** An input that no gradient is asked for. */
  readonly fixed?: boolean;
}

export interface GradCheck {
  /** For messages. */
  readonly name: string;
  readonly inputs: readonly CheckedInput[];
  /** The checked function; any shape. */
  build(builder: GraphBuilder, inputs: readonly Value[]): Value;
  readonly dtype: 'float32' | 'float64';
  /** Distance of the differences; default 1e-3 for float64, 2e-2 for float32. */
  readonly step?: number;
  /** Largest relative error of a projected gradient; default 1e-8 for float64, 5e-4 for float32. */
  readonly tolerance?: number;
  /** Random directions per input; default 3. */
  readonly directions?: number;
  readonly seed: number;
  readonly registry?: OpRegistry;
}

/** What one input and direction gave. */
export interface Projection {
  readonly input: number;
  readonly finite: number;
  readonly analytic: number;
  /** |finite - analytic|, less what the rounding of f itself explains, relative to the larger of |finite| and the size that the projection of such a gradient usually has. */
  readonly error: number;
}

/**
 * Checks gradient rules against differences of the function itself. The output is projected on a random cotangent u; for every input
 * and random direction v, u . f(x + t v) is differenced in t to fourth order, (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12 h, and must equal
 * the analytic gradient's projection on v. Sums are taken in double precision outside the graph.
 * @returns All projections. @throws AppError that names the input with the largest error when it is above the tolerance.
 */
export async function checkGrads(check: GradCheck, run: GraphRunner): Promise<Projection[]> {
  const generator = createTorchGenerator(check.seed);
  const point = check.inputs.map((input) => draw(generator, input));
  const forward = new GraphBuilder(check.name, check.registry ?? opRegistry);
  const output = check.build(forward, addInputs(forward, check));
  forward.output('f', output);
  const cotangent = directionOf(generator, elementCount(output.type.shape));
  const analytic = await analyticGradients(check, point, cotangent, run);
  const step = check.step ?? (check.dtype === 'float64' ? 1e-3 : 2e-2);
  const probes = check.inputs.flatMap((input, index) => {
    const count = input.fixed === true ? 0 : (check.directions ?? 3);
    return Array.from({ length: count }, () => ({ input: index, direction: directionOf(generator, elementCount(input.shape)) }));
  });
  const feeds = probes.flatMap(({ input, direction }) => STENCIL.map(({ at }) => feedsAt(check, point, { input, direction, distance: at * step })));
  const results = await run(forward.build(), feeds);
  const projections = probes.map(({ input, direction }, index) => {
    const finite = STENCIL.reduce((sum, { weight }, place) => sum + weight * dot(numbers(results[index * STENCIL.length + place]?.['f']), cotangent), 0) / (12 * step);
    const noise = roundingNoise(check.dtype, step, numbers(results[index * STENCIL.length]?.['f']), cotangent);
    return project(input, finite, noise, analytic[input] ?? [], direction);
  });
  demandAgreement(check, projections);
  return projections;
}

const STENCIL = [{ at: 1, weight: 8 }, { at: -1, weight: -8 }, { at: 2, weight: -1 }, { at: -2, weight: 1 }] as const;

/**
 * What rounding f to its type can do to a difference: half a unit in the last place of every term of u . f, at every point of the stencil. It matters where a
 * gradient is exactly zero because terms cancel: the difference then is nothing but this.
 */
function roundingNoise(dtype: GradCheck['dtype'], step: number, f: readonly number[], cotangent: readonly number[]): number {
  const halfUnit = dtype === 'float64' ? 2 ** -53 : 2 ** -24;
  const size = f.reduce((sum, value, place) => sum + Math.abs(value * (cotangent[place] ?? 0)), 0);
  return (halfUnit * size * STENCIL.reduce((sum, { weight }) => sum + Math.abs(weight), 0)) / (12 * step);
}

function addInputs(builder: GraphBuilder, check: GradCheck): Value[] {
  return check.inputs.map(({ shape }, index) => builder.input(`x${index}`, check.dtype, shape));
}

/** Gradients of u . f by autodiff, per input; empty for fixed ones. */
async function analyticGradients(check: GradCheck, point: readonly number[][], cotangent: readonly number[], run: GraphRunner): Promise<number[][]> {
  const builder = new GraphBuilder(`${check.name}_Grad`, check.registry ?? opRegistry);
  const inputs = addInputs(builder, check);
  const output = reshape(builder, check.build(builder, inputs), [-1]);
  const constant = builder.constant(check.dtype === 'float64' ? Float64Array.from(cotangent) : Float32Array.from(cotangent), check.dtype, output.type.shape, 'cotangent');
  const loss = reduceSum(builder, mul(builder, output, constant), [0], false);
  const wanted = check.inputs.flatMap((input, index) => (input.fixed === true ? [] : [index]));
  const found = gradients(builder, loss, wanted.map((index) => inputs[index] as Value));
  found.forEach((gradient, place) => builder.output(`gradient${wanted[place]}`, gradient));
  const [results] = await run(builder.build(), [feedsAt(check, point)]);
  return check.inputs.map((input, index) => (input.fixed === true ? [] : numbers(results?.[`gradient${index}`])));
}

function feedsAt(check: GradCheck, point: readonly number[][], move?: { input: number; direction: readonly number[]; distance: number }): Record<string, Tensor> {
  return Object.fromEntries(check.inputs.map(({ shape }, index) => {
    const moved = (point[index] ?? []).map((value, place) => (move?.input === index ? value + move.distance * (move.direction[place] ?? 0) : value));
    const data = check.dtype === 'float64' ? Float64Array.from(moved) : Float32Array.from(moved);
    return [`x${index}`, { dtype: check.dtype, shape, data }];
  }));
}

function project(input: number, finite: number, noise: number, gradient: readonly number[], direction: readonly number[]): Projection {
  const analytic = dot(gradient, direction);
  // Root of the summed squares: what the projection amounts to when the signs of the direction are random, so that a projection that
  // happens to cancel is not measured by its own small size.
  const usual = Math.sqrt(gradient.reduce((sum, value, place) => sum + (value * (direction[place] ?? 0)) ** 2, 0));
  const size = Math.max(Math.abs(finite), usual);
  const distance = Math.abs(finite - analytic);
  // Not `Math.max(0, ...)`: NaN must stay NaN.
  const unexplained = distance <= noise ? 0 : distance - noise;
  return { input, finite, analytic, error: size === 0 ? 0 : unexplained / size };
}

function demandAgreement(check: GradCheck, projections: readonly Projection[]): void {
  const tolerance = check.tolerance ?? (check.dtype === 'float64' ? 1e-8 : 5e-4);
  // Not `error > tolerance`: NaN must fail.
  const wrong = projections.find(({ error }) => !(error <= tolerance));
  if (wrong === undefined) return;
  throw internalError('autodiff.check', `Gradient of "${check.name}", input ${wrong.input} (seed ${check.seed})`, `must agree with finite differences within ${tolerance}`, {
    got: `${wrong.analytic} against ${wrong.finite} (relative error ${wrong.error.toExponential(2)})`,
  });
}

function draw(generator: TorchGenerator, { shape, low = -1, high = 1, clearOfZero = 0 }: CheckedInput): number[] {
  return Array.from(generator.rand(elementCount(shape)), (share) => {
    const value = low + share * (high - low);
    return Math.abs(value) < clearOfZero ? value + (value < 0 ? -clearOfZero : clearOfZero) : value;
  });
}

/** Elements of random sign, 0.5..1 in size: each counts. */
function directionOf(generator: TorchGenerator, count: number): number[] {
  return Array.from(generator.rand(count), (share) => (share < 0.5 ? -0.5 - share : share));
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, place) => sum + value * (b[place] ?? 0), 0);
}

function numbers(tensor: Tensor | undefined): number[] {
  if (tensor === undefined) throw internalError('autodiff.check', 'Graph runner', 'must return every output of the graph');
  return Array.from(tensor.data as ArrayLike<number>);
}
