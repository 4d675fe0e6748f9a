import { stringAttribute } from '../../ir/attributes.ts';
import { mul } from '../functions.ts';
import { geluSlope } from '../gelu-slope.ts';
import { inferenceError, inputType } from '../infer.ts';
import { defineOp, exactly } from '../op.ts';

export const geluOp = defineOp({
  name: 'Gelu', domain: '', since: 20, inputs: exactly(1), outputs: exactly(1),
  infer(context) {
    const approximate = stringAttribute(context.attributes, 'approximate', 'none');
    if (approximate !== 'none' && approximate !== 'tanh') throw inferenceError(context, 'attribute "approximate" must be none or tanh', approximate);
    return [inputType(context, 0)];
  },
  // dx = dy d gelu / dx
  vjp({ builder, node, input, gradient }) {
    return { 0: () => mul(builder, gradient(0), geluSlope(builder, input(0), stringAttribute(node.attributes, 'approximate', 'none'))) };
  },
});
