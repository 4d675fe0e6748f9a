import { floatAttribute } from '../../ir/attributes.ts';
import { mul, reduceSum, reshape } from '../functions.ts';
import { demandShape, dimension, inputOfRank, isFilledWith, sameDataType } from '../infer.ts';
import { normalization, normalizationGradient, normalized } from '../normalization-gradient.ts';
import { defineOp, exactly } from '../op.ts';

export const instanceNormalizationOp = defineOp({
  name: 'InstanceNormalization', domain: '', since: 6, inputs: exactly(3), outputs: exactly(1),
  infer(context) {
    sameDataType(context);
    const type = inputOfRank(context, 0, 3, 8);
    demandShape(context, 1, [dimension(type.shape, 1)]);
    demandShape(context, 2, [dimension(type.shape, 1)]);
    return [type];
  },
  // y = xhat w_c + b_c over the axes after the channel: dxhat = dy w_c, dw_c = sum(dy xhat), db_c = sum(dy)
  vjp({ builder, node, input, gradient }) {
    const axes = input(0).type.shape.map((_, axis) => axis);
    const [spatial, others] = [axes.slice(2), axes.filter((axis) => axis !== 1)];
    const perChannel = axes.slice(1).map((axis) => (axis === 1 ? -1 : 1));
    const parts = () => normalization(builder, input(0), spatial, floatAttribute(node.attributes, 'epsilon', 1e-5));
    return {
      // A group norm scales afterwards: its weight here is 1, and multiplying by that would be one pass over an activation for nothing.
      0: () => normalizationGradient(builder, parts(), isFilledWith(input(1), 1) ? gradient(0) : mul(builder, gradient(0), reshape(builder, input(1), perChannel)), spatial),
      1: () => reduceSum(builder, mul(builder, gradient(0), normalized(builder, parts())), others, false),
      2: () => reduceSum(builder, gradient(0), others, false),
    };
  },
});
