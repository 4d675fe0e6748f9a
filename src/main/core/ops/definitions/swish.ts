import { floatAttribute } from '../../ir/attributes.ts';
import type { GraphBuilder } from '../../ir/builder.ts';
import type { Value } from '../../ir/types.ts';
import { add, mul, scale, scalarLike, sigmoid, sub } from '../functions.ts';
import { inputType } from '../infer.ts';
import { defineOp, exactly } from '../op.ts';

function gate(builder: GraphBuilder, x: Value, alpha: number): Value {
  return sigmoid(builder, times(builder, x, alpha));
}

function times(builder: GraphBuilder, x: Value, alpha: number): Value {
  return alpha === 1 ? x : scale(builder, x, alpha);
}

/**
 * x sigmoid(alpha x). A composite for the sake of memory: its slope is made in the forward pass and is all that stays alive, where
 * the rules of Mul and Sigmoid would keep both x and the sigmoid.
 */
export const swishOp = defineOp({
  name: 'Swish', domain: 'engram', since: 1, inputs: exactly(1), outputs: exactly(1),
  infer: (context) => [inputType(context, 0)],
  // dx = dy (s + y (alpha - alpha s)) with s = sigmoid(alpha x)
  vjp({ builder, node, input, output, gradient }) {
    const alpha = floatAttribute(node.attributes, 'alpha', 1);
    const slope = () => {
      const s = gate(builder, input(0), alpha);
      return add(builder, s, mul(builder, output(0), sub(builder, scalarLike(builder, s, alpha), times(builder, s, alpha))));
    };
    return { 0: () => mul(builder, gradient(0), slope()) };
  },
  lower({ builder, node, inputs }) {
    const [x] = inputs as [Value];
    return [mul(builder, x, gate(builder, x, floatAttribute(node.attributes, 'alpha', 1)))];
  },
});
