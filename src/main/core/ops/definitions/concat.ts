import { integerAttribute } from '../../ir/attributes.ts';
import { slice } from '../functions.ts';
import { dimension, inferenceError, inputType, printShape, resolveAxis, sameDataType } from '../infer.ts';
import { between, defineOp, exactly } from '../op.ts';

export const concatOp = defineOp({
  name: 'Concat', domain: '', since: 13, inputs: between(1, Number.MAX_SAFE_INTEGER), outputs: exactly(1),
  infer(context) {
    const dtype = sameDataType(context);
    const first = inputType(context, 0).shape;
    const axis = resolveAxis(context, integerAttribute(context.attributes, 'axis', 0), first.length);
    let total = 0;
    context.inputs.forEach((_, index) => {
      const { shape } = inputType(context, index);
      if (shape.length !== first.length || shape.some((size, other) => other !== axis && size !== first[other])) {
        throw inferenceError(context, `input ${index} must equal ${printShape(first)} but for axis ${axis}`, printShape(shape));
      }
      total += dimension(shape, axis);
    });
    return [{ dtype, shape: first.map((size, other) => (other === axis ? total : size)) }];
  },
  // dx_i = the part of dy that x_i became
  vjp({ builder, node, input, output, gradient }) {
    const given = integerAttribute(node.attributes, 'axis', 0);
    const axis = given < 0 ? given + output(0).type.shape.length : given;
    let end = 0;
    return Object.fromEntries(node.inputs.map((_, index) => {
      const start = end;
      end += dimension(input(index).type.shape, axis);
      const stop = end;
      return [index, () => slice(builder, gradient(0), axis, start, stop)];
    }));
  },
});
