import { greater, less, where, zerosLike } from '../functions.ts';
import { demandShape, inputType, sameDataType } from '../infer.ts';
import { between, defineOp, exactly } from '../op.ts';

export const clipOp = defineOp({
  name: 'Clip', domain: '', since: 13, inputs: between(1, 3), outputs: exactly(1),
  infer(context) {
    sameDataType(context);
    demandShape(context, 1, []);
    demandShape(context, 2, []);
    return [inputType(context, 0)];
  },
  // dx = dy where min <= x <= max, else 0 (torch's clamp: the bounds themselves pass); none for the bounds
  vjp({ builder, node, input, gradient }) {
    const [, min, max] = node.inputs;
    const inside = () => {
      const zeros = zerosLike(builder, input(0));
      const aboveMin = min === undefined ? gradient(0) : where(builder, less(builder, input(0), min), zeros, gradient(0));
      return max === undefined ? aboveMin : where(builder, greater(builder, input(0), max), zeros, aboveMin);
    };
    return { 0: inside };
  },
});
