import { integerAttribute } from '../../ir/attributes.ts';
import { concat } from '../functions.ts';
import { constantIntegers, dimension, inferenceError, inputType, printShape, resolveAxis } from '../infer.ts';
import { between, defineOp, exactly } from '../op.ts';

export const splitOp = defineOp({
  name: 'Split', domain: '', since: 18, inputs: exactly(2), outputs: between(1, Number.MAX_SAFE_INTEGER),
  infer(context) {
    const { dtype, shape } = inputType(context, 0);
    const axis = resolveAxis(context, integerAttribute(context.attributes, 'axis', 0), shape.length);
    const sizes = constantIntegers(context, 1);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    if (total !== dimension(shape, axis) || sizes.some((size) => size <= 0)) {
      throw inferenceError(context, `parts must be positive and sum to ${dimension(shape, axis)}`, printShape(sizes));
    }
    return sizes.map((size) => ({ dtype, shape: shape.map((whole, other) => (other === axis ? size : whole)) }));
  },
  // dx = the gradients of the parts, joined again
  vjp({ builder, node, gradient }) {
    const axis = integerAttribute(node.attributes, 'axis', 0);
    return { 0: () => concat(builder, node.outputs.map((_, index) => gradient(index)), axis) };
  },
});
