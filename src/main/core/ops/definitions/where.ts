import { scalarLike, where } from '../functions.ts';
import { broadcastInputs, inferenceError, inputType } from '../infer.ts';
import { defineOp, exactly } from '../op.ts';

export const whereOp = defineOp({
  name: 'Where', domain: '', since: 16, inputs: exactly(3), outputs: exactly(1),
  infer(context) {
    const [condition, x, y] = [inputType(context, 0), inputType(context, 1), inputType(context, 2)];
    if (condition.dtype !== 'bool') throw inferenceError(context, 'input 0 must be bool', condition.dtype);
    if (x.dtype !== y.dtype) throw inferenceError(context, `input 2 must be ${x.dtype} like input 1`, y.dtype);
    return [{ dtype: x.dtype, shape: broadcastInputs(context) }];
  },
  // dx = dz where the condition holds, dy = dz where it doesn't, 0 elsewhere
  vjp({ builder, input, gradient }) {
    const zero = () => scalarLike(builder, gradient(0), 0);
    return {
      1: () => where(builder, input(0), gradient(0), zero()),
      2: () => where(builder, input(0), zero(), gradient(0)),
    };
  },
});
