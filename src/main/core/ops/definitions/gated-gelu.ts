import { stringAttribute } from '../../ir/attributes.ts';
import type { Value } from '../../ir/types.ts';
import { gelu, mul } from '../functions.ts';
import { geluSlope } from '../gelu-slope.ts';
import { demandShape, inputType, sameDataType } from '../infer.ts';
import { defineOp, exactly } from '../op.ts';

const approximation = (attributes: Parameters<typeof stringAttribute>[0]): 'none' | 'tanh' => (stringAttribute(attributes, 'approximate', 'none') === 'none' ? 'none' : 'tanh');

/**
 * h gelu(g). A composite for the sake of memory: the runtime computes what doesn't depend on the incoming gradient while it is still in
 * the forward pass, so what such a rule multiplies first is what stays alive: gelu(g) and h gelu'(g), instead of h, gelu(g) and gelu'(g).
 */
export const gatedGeluOp = defineOp({
  name: 'GatedGelu', domain: 'engram', since: 1, inputs: exactly(2), outputs: exactly(1),
  infer(context) {
    sameDataType(context);
    const type = inputType(context, 0);
    demandShape(context, 1, type.shape);
    return [type];
  },
  // dh = dy gelu(g), dg = dy (h gelu'(g))
  vjp: ({ builder, node, input, gradient }) => ({
    0: () => mul(builder, gradient(0), gelu(builder, input(1), approximation(node.attributes))),
    1: () => mul(builder, gradient(0), mul(builder, input(0), geluSlope(builder, input(1), approximation(node.attributes)))),
  }),
  lower({ builder, node, inputs }) {
    const [hidden, gate] = inputs as [Value, Value];
    return [mul(builder, hidden, gelu(builder, gate, approximation(node.attributes)))];
  },
});
