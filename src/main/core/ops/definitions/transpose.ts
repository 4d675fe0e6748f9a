import { integersAttribute } from '../../ir/attributes.ts';
import { transpose } from '../functions.ts';
import { dimension, inferenceError, inputType, printShape } from '../infer.ts';
import { defineOp, exactly } from '../op.ts';

export const transposeOp = defineOp({
  name: 'Transpose', domain: '', since: 21, inputs: exactly(1), outputs: exactly(1),
  infer(context) {
    const { dtype, shape } = inputType(context, 0);
    const perm = integersAttribute(context.attributes, 'perm', []);
    if (perm.length !== shape.length || !shape.every((_, axis) => perm.includes(axis))) {
      throw inferenceError(context, `attribute "perm" must order the ${shape.length} axes`, printShape(perm));
    }
    return [{ dtype, shape: perm.map((axis) => dimension(shape, axis)) }];
  },
  // dx = dy with the inverse order
  vjp({ builder, node, gradient }) {
    const perm = integersAttribute(node.attributes, 'perm', []);
    return { 0: () => transpose(builder, gradient(0), perm.map((_, axis) => perm.indexOf(axis))) };
  },
});
