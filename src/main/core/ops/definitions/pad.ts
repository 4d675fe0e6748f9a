import { slice } from '../functions.ts';
import { constantIntegers, dimension, inferenceError, inputType, printShape } from '../infer.ts';
import { defineOp, exactly } from '../op.ts';

export const padOp = defineOp({
  name: 'Pad', domain: '', since: 21, inputs: exactly(2), outputs: exactly(1),
  infer(context) {
    const { dtype, shape } = inputType(context, 0);
    const pads = constantIntegers(context, 1);
    if (pads.length !== 2 * shape.length || pads.some((count) => count < 0)) {
      throw inferenceError(context, `pads must be ${2 * shape.length} counts that are not negative`, printShape(pads));
    }
    return [{ dtype, shape: shape.map((size, axis) => size + dimension(pads, axis) + dimension(pads, axis + shape.length)) }];
  },
  // dx = dy without its frame
  vjp({ builder, node, input, gradient }) {
    const { shape } = input(0).type;
    const pads = constantIntegers({ where: `Pad "${node.name}"`, inputs: [], values: node.inputs, attributes: {} }, 1);
    return { 0: () => shape.reduce((inner, size, axis) => slice(builder, inner, axis, dimension(pads, axis), dimension(pads, axis) + size), gradient(0)) };
  },
});
