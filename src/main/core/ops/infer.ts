import { internalError } from '../../../contract/errors.ts';
import type { Shape, TensorType, Value } from '../ir/types.ts';
import type { InferContext } from './op.ts';

/** An error about one node under inference: `Conv "down.0": input must have rank 4, got 3`. */
export function inferenceError(context: InferContext, rule: string, got?: string): Error {
  return internalError('ops.inference', context.where, rule, got === undefined ? {} : { got });
}

/** The type of an input that must be there. */
export function inputType(context: InferContext, index: number): TensorType {
  const type = context.inputs[index];
  if (type === undefined) throw inferenceError(context, `input ${index} is required`);
  return type;
}

/** The type of an input that must have a rank. */
export function inputOfRank(context: InferContext, index: number, min: number, max = min): TensorType {
  const type = inputType(context, index);
  const rank = type.shape.length;
  if (rank < min || rank > max) {
    throw inferenceError(context, `input ${index} must have rank ${min === max ? min : `${min}..${max}`}`, printShape(type.shape));
  }
  return type;
}

/** Demands that all inputs that are there have the element type of the first; returns it. */
export function sameDataType(context: InferContext): TensorType['dtype'] {
  const { dtype } = inputType(context, 0);
  context.inputs.forEach((type, index) => {
    if (type !== undefined && type.dtype !== dtype) throw inferenceError(context, `input ${index} must be ${dtype} like input 0`, type.dtype);
  });
  return dtype;
}

/** Demands a shape of an input that is there; one that is left out passes. */
export function demandShape(context: InferContext, index: number, shape: Shape): void {
  const type = context.inputs[index];
  if (type !== undefined && !sameShape(type.shape, shape)) {
    throw inferenceError(context, `input ${index} must have shape ${printShape(shape)}`, printShape(type.shape));
  }
}

/** The shape that two shapes broadcast to (ONNX multidirectional broadcasting), or undefined when they don't. */
export function broadcastShapes(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let axis = 0; axis < rank; axis += 1) {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) return undefined;
    shape.push(left === 1 ? right : left);
  }
  return shape;
}

/** The broadcast shape of all inputs. */
export function broadcastInputs(context: InferContext): Shape {
  let shape: Shape = [];
  context.inputs.forEach((type, index) => {
    const next = broadcastShapes(shape, type?.shape ?? []);
    if (next === undefined) throw inferenceError(context, `input ${index} must broadcast with ${printShape(shape)}`, printShape(type?.shape ?? []));
    shape = next;
  });
  return shape;
}

/** An axis counted from the front, from one that may be negative. */
export function resolveAxis(context: InferContext, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) throw inferenceError(context, `axis must be ${-rank}..${rank - 1}`, String(axis));
  return axis < 0 ? axis + rank : axis;
}

/** The elements of an input that must be a constant int64 vector: shapes, axes and pads are known when a graph is built. */
export function constantIntegers(context: InferContext, index: number): number[] {
  const initializer = context.values[index]?.initializer;
  if (initializer?.kind !== 'inline' || !(initializer.data instanceof BigInt64Array)) {
    throw inferenceError(context, `input ${index} must be an inline int64 constant`);
  }
  return Array.from(initializer.data, Number);
}

/** True for a constant in the model that is one number throughout. */
export function isFilledWith(value: Value, number: number): boolean {
  const { initializer } = value;
  return initializer?.kind === 'inline' && initializer.data.every((element) => element === number);
}

/** True when two shapes are equal. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dimension, axis) => dimension === b[axis]);
}

/** A shape for messages: `[1, 77, 768]`. */
export function printShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** One dimension of a shape that has it; an error of the program when it hasn't. */
export function dimension(shape: Shape, axis: number): number {
  const size = shape.at(axis);
  if (size === undefined) throw internalError('ops.dimension', `Shape ${printShape(shape)}`, `must have an axis ${axis}`);
  return size;
}
