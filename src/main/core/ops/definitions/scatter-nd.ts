import { demandShape, dimension, inferenceError, inputType } from '../infer.ts';
import { defineOp, exactly } from '../op.ts';

export const scatterNdOp = defineOp({
  name: 'ScatterND', domain: '', since: 18, inputs: exactly(3), outputs: exactly(1),
  infer(context) {
    const [data, indices, updates] = [inputType(context, 0), inputType(context, 1), inputType(context, 2)];
    if (indices.dtype !== 'int64') throw inferenceError(context, 'input 1 must be int64', indices.dtype);
    if (updates.dtype !== data.dtype) throw inferenceError(context, `input 2 must be ${data.dtype} like input 0`, updates.dtype);
    const depth = dimension(indices.shape, -1);
    demandShape(context, 2, [...indices.shape.slice(0, -1), ...data.shape.slice(depth)]);
    return [data];
  },
  vjp: 'unsupported',
});
