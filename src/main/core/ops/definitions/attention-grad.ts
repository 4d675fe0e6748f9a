import type { Value } from '../../ir/types.ts';
import { attentionAttributes, attentionShape } from '../attention.ts';
import { lowerAttentionGrad } from '../attention-lowering.ts';
import { demandShape, inputType } from '../infer.ts';
import { between, defineOp, exactly } from '../op.ts';

/** Inputs: query, key, value, output, gradient of the output, mask if there is one. Outputs: gradients of query, key and value. */
export const attentionGradOp = defineOp({
  name: 'AttentionGrad', domain: 'engram', since: 1, inputs: between(5, 6), outputs: exactly(3),
  infer(context) {
    const shape = attentionShape(context, 5);
    const [query, key, value] = [inputType(context, 0), inputType(context, 1), inputType(context, 2)];
    demandShape(context, 3, shape);
    demandShape(context, 4, shape);
    return [query, key, value];
  },
  vjp: 'unsupported',
  lower({ builder, node, inputs, used, plan }) {
    const [query, key, value, output, gradient, mask] = inputs as [Value, Value, Value, Value, Value, Value?];
    const { heads, factor } = attentionAttributes(node.attributes);
    const wanted = { query: used[0] === true, key: used[1] === true, value: used[2] === true };
    return lowerAttentionGrad(builder, { query, key, value, output, gradient, mask }, wanted, heads, factor, plan);
  },
});
