import { broadcastShapes, constantIntegers, inferenceError, inputType, printShape, sameShape } from '../infer.ts';
import { defineOp, exactly } from '../op.ts';

export const expandOp = defineOp({
  name: 'Expand', domain: '', since: 13, inputs: exactly(2), outputs: exactly(1),
  infer(context) {
    const { dtype, shape } = inputType(context, 0);
    const target = constantIntegers(context, 1);
    const broadcast = broadcastShapes(shape, target);
    if (broadcast === undefined || !sameShape(broadcast, target)) throw inferenceError(context, `${printShape(shape)} must broadcast to the target shape`, printShape(target));
    return [{ dtype, shape: target }];
  },
  // dx = dy, summed to the shape of x by the driver
  vjp: ({ gradient }) => ({ 0: () => gradient(0) }),
});
