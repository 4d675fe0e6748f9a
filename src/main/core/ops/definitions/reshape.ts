import { elementCount } from '../../ir/tensor.ts';
import { reshape } from '../functions.ts';
import { constantIntegers, inferenceError, inputType, printShape } from '../infer.ts';
import { defineOp, exactly } from '../op.ts';

export const reshapeOp = defineOp({
  name: 'Reshape', domain: '', since: 21, inputs: exactly(2), outputs: exactly(1),
  infer(context) {
    const { dtype, shape } = inputType(context, 0);
    const target = constantIntegers(context, 1);
    if (elementCount(target) !== elementCount(shape) || target.some((size) => size < 0)) {
      throw inferenceError(context, `must keep the ${elementCount(shape)} elements of ${printShape(shape)}`, printShape(target));
    }
    return [{ dtype, shape: target }];
  },
  // dx = dy in the shape of x
  vjp: ({ builder, input, gradient }) => ({ 0: () => reshape(builder, gradient(0), input(0).type.shape) }),
});
