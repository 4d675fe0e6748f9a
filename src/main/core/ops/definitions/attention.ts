import type { Value } from '../../ir/types.ts';
import { attentionAttributes, attentionShape } from '../attention.ts';
import { lowerAttention } from '../attention-lowering.ts';
import { inputType } from '../infer.ts';
import { between, defineOp, exactly } from '../op.ts';

export const attentionOp = defineOp({
  name: 'Attention', domain: 'engram', since: 1, inputs: between(3, 4), outputs: exactly(1),
  infer(context) {
    return [{ dtype: inputType(context, 0).dtype, shape: attentionShape(context, 3) }];
  },
  // One composite gives all three gradients, made when the first of them is asked for; none for the mask.
  vjp({ builder, node, input, output, gradient }) {
    let gradients: Value[] | undefined;
    const make = (index: number) => () => {
      const mask = node.inputs[3] === undefined ? [] : [node.inputs[3]];
      gradients ??= builder.node('engram::AttentionGrad', [input(0), input(1), input(2), output(0), gradient(0), ...mask], node.attributes);
      return gradients[index] as Value;
    };
    return { 0: make(0), 1: make(1), 2: make(2) };
  },
  lower({ builder, node, inputs, plan }) {
    const [query, key, value, mask] = inputs as [Value, Value, Value, Value?];
    const { heads, factor } = attentionAttributes(node.attributes);
    return [lowerAttention(builder, { query, key, value, mask }, heads, factor, plan)];
  },
});
