import { floatAttribute, integerAttribute } from '../../ir/attributes.ts';
import { mul } from '../functions.ts';
import { demandShape, dimension, inferenceError, inputOfRank, sameDataType } from '../infer.ts';
import { normalization, normalizationGradient, normalized } from '../normalization-gradient.ts';
import { between, defineOp, exactly } from '../op.ts';

export const layerNormalizationOp = defineOp({
  name: 'LayerNormalization', domain: '', since: 17, inputs: between(2, 3), outputs: exactly(1),
  infer(context) {
    sameDataType(context);
    const type = inputOfRank(context, 0, 1, 8);
    const axis = integerAttribute(context.attributes, 'axis', -1);
    if (axis !== -1) throw inferenceError(context, 'attribute "axis" must be -1', String(axis));
    demandShape(context, 1, [dimension(type.shape, -1)]);
    demandShape(context, 2, [dimension(type.shape, -1)]);
    return [type];
  },
  // y = xhat w + b over the last axis: dxhat = dy w, dw = dy xhat, db = dy
  vjp({ builder, node, input, gradient }) {
    const axes = [input(0).type.shape.length - 1];
    const parts = () => normalization(builder, input(0), axes, floatAttribute(node.attributes, 'epsilon', 1e-5));
    return {
      0: () => normalizationGradient(builder, parts(), mul(builder, gradient(0), input(1)), axes),
      1: () => mul(builder, gradient(0), normalized(builder, parts())),
      2: () => gradient(0),
    };
  },
});
