import { matMul, transposeLastTwo } from '../functions.ts';
import { broadcastShapes, dimension, inferenceError, inputOfRank, printShape, sameDataType } from '../infer.ts';
import { defineOp, exactly } from '../op.ts';

export const matMulOp = defineOp({
  name: 'MatMul', domain: '', since: 13, inputs: exactly(2), outputs: exactly(1),
  infer(context) {
    const dtype = sameDataType(context);
    const [a, b] = [inputOfRank(context, 0, 2, 8).shape, inputOfRank(context, 1, 2, 8).shape];
    const batch = broadcastShapes(a.slice(0, -2), b.slice(0, -2));
    if (batch === undefined || dimension(a, -1) !== dimension(b, -2)) {
      throw inferenceError(context, 'inputs must be [..., M, K] and [..., K, N]', `${printShape(a)} and ${printShape(b)}`);
    }
    return [{ dtype, shape: [...batch, dimension(a, -2), dimension(b, -1)] }];
  },
  // dA = dY B^T, dB = A^T dY
  vjp: ({ builder, input, gradient }) => ({
    0: () => matMul(builder, gradient(0), transposeLastTwo(builder, input(1))),
    1: () => matMul(builder, transposeLastTwo(builder, input(0)), gradient(0)),
  }),
});
