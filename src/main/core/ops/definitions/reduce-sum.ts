import { expand, reshape } from '../functions.ts';
import { defineOp, exactly } from '../op.ts';
import { inferReduction } from '../reduction.ts';

export const reduceSumOp = defineOp({
  name: 'ReduceSum', domain: '', since: 13, inputs: exactly(2), outputs: exactly(1),
  infer: (context) => [inferReduction(context).type],
  // dx = dy, repeated over the summed axes
  vjp({ builder, node, input, gradient }) {
    const { kept } = inferReduction({ where: `ReduceSum "${node.name}"`, inputs: [input(0).type], values: node.inputs, attributes: node.attributes });
    return { 0: () => expand(builder, reshape(builder, gradient(0), kept), input(0).type.shape) };
  },
});
