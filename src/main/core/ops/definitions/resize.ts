import { stringAttribute } from '../../ir/attributes.ts';
import { reduceSum, reshape } from '../functions.ts';
import { inferenceError, inputType } from '../infer.ts';
import type { InferContext } from '../op.ts';
import { defineOp, exactly } from '../op.ts';

/** The factors of a nearest Resize that repeats every element a whole number of times: the one form that graphs use. */
function factors(context: InferContext): number[] {
  const initializer = context.values[2]?.initializer;
  if (initializer?.kind !== 'inline' || !(initializer.data instanceof Float32Array)) throw inferenceError(context, 'input 2 must be an inline float32 constant');
  const list = Array.from(initializer.data);
  if (list.some((factor) => !Number.isInteger(factor) || factor < 1)) throw inferenceError(context, 'scales must be whole numbers from 1', list.join(', '));
  return list;
}

export const resizeOp = defineOp({
  name: 'Resize', domain: '', since: 19, inputs: exactly(3), outputs: exactly(1),
  infer(context) {
    const { dtype, shape } = inputType(context, 0);
    const form = ['mode', 'coordinate_transformation_mode', 'nearest_mode'].map((name) => stringAttribute(context.attributes, name, '')).join(' ');
    if (form !== 'nearest asymmetric floor') throw inferenceError(context, 'must be nearest, asymmetric, floor', form);
    const list = factors(context);
    if (list.length !== shape.length) throw inferenceError(context, `scales must have ${shape.length} numbers`, String(list.length));
    return [{ dtype, shape: shape.map((size, axis) => size * (list[axis] ?? 1)) }];
  },
  // dx = sum of dy over the block that each element became: every axis n f is seen as [n, f] and f is summed away
  vjp({ builder, node, input, gradient }) {
    const { shape } = input(0).type;
    const list = factors({ where: `Resize "${node.name}"`, inputs: [], values: node.inputs, attributes: {} });
    const blocks = shape.flatMap((size, axis) => ((list[axis] ?? 1) === 1 ? [size] : [size, list[axis] ?? 1]));
    const summed: number[] = [];
    let position = 0;
    for (const factor of list) {
      if (factor !== 1) summed.push(position + 1);
      position += factor === 1 ? 1 : 2;
    }
    return { 0: () => reduceSum(builder, reshape(builder, gradient(0), blocks), summed, false) };
  },
});
