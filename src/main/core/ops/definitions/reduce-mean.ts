import { elementCount } from '../../ir/tensor.ts';
import { expand, reshape, scale } from '../functions.ts';
import { defineOp, exactly } from '../op.ts';
import { inferReduction } from '../reduction.ts';

export const reduceMeanOp = defineOp({
  name: 'ReduceMean', domain: '', since: 18, inputs: exactly(2), outputs: exactly(1),
  infer: (context) => [inferReduction(context).type],
  // dx = dy / n, repeated over the n reduced elements
  vjp({ builder, node, input, gradient }) {
    const { shape } = input(0).type;
    const { kept } = inferReduction({ where: `ReduceMean "${node.name}"`, inputs: [input(0).type], values: node.inputs, attributes: node.attributes });
    const share = elementCount(kept) / elementCount(shape);
    return { 0: () => expand(builder, reshape(builder, scale(builder, gradient(0), share), kept), shape) };
  },
});
