import { dataTypeOfCode } from '../../ir/data-types.ts';
import { integerAttribute } from '../../ir/attributes.ts';
import { cast } from '../functions.ts';
import { inferenceError, inputType } from '../infer.ts';
import { defineOp, exactly } from '../op.ts';

export const castOp = defineOp({
  name: 'Cast', domain: '', since: 21, inputs: exactly(1), outputs: exactly(1),
  infer(context) {
    const code = integerAttribute(context.attributes, 'to', 0);
    const dtype = dataTypeOfCode(code);
    if (dtype === undefined) throw inferenceError(context, 'attribute "to" must be the code of a known element type', String(code));
    return [{ dtype, shape: inputType(context, 0).shape }];
  },
  // dx = dy in the element type of x
  vjp: ({ builder, input, gradient }) => ({ 0: () => cast(builder, gradient(0), input(0).type.dtype) }),
});
