import { integerAttribute } from '../../ir/attributes.ts';
import { mul, reduceSum, sub } from '../functions.ts';
import { inputType, resolveAxis } from '../infer.ts';
import { defineOp, exactly } from '../op.ts';

export const softmaxOp = defineOp({
  name: 'Softmax', domain: '', since: 13, inputs: exactly(1), outputs: exactly(1),
  infer(context) {
    const type = inputType(context, 0);
    resolveAxis(context, integerAttribute(context.attributes, 'axis', -1), type.shape.length);
    return [type];
  },
  // dx = y (dy - sum(dy y)) over the axis
  vjp({ builder, node, output, gradient }) {
    const axis = integerAttribute(node.attributes, 'axis', -1);
    const inner = () => reduceSum(builder, mul(builder, gradient(0), output(0)), [axis]);
    return { 0: () => mul(builder, output(0), sub(builder, gradient(0), inner())) };
  },
});
