import { floatAttribute, integerAttribute } from '../../ir/attributes.ts';
import { mul } from '../functions.ts';
import { demandShape, inputType, isFilledWith, resolveAxis, sameDataType } from '../infer.ts';
import { normalization, normalizationGradient, normalized } from '../normalization-gradient.ts';
import { between, defineOp, exactly } from '../op.ts';

export const layerNormalizationOp = defineOp({
  name: 'LayerNormalization', domain: '', since: 17, inputs: between(2, 3), outputs: exactly(1),
  infer(context) {
    sameDataType(context);
    const type = inputType(context, 0);
    const axis = resolveAxis(context, integerAttribute(context.attributes, 'axis', -1), type.shape.length);
    demandShape(context, 1, type.shape.slice(axis));
    demandShape(context, 2, type.shape.slice(axis));
    return [type];
  },
  // y = xhat w + b over the axes from `axis` on: dxhat = dy w, dw = dy xhat, db = dy
  vjp({ builder, node, input, gradient }) {
    const normal = input(1).type.shape.length;
    const axes = input(0).type.shape.map((_, axis) => axis).slice(-normal);
    const parts = () => normalization(builder, input(0), axes, floatAttribute(node.attributes, 'epsilon', 1e-5));
    return {
      // An adaptive norm scales afterwards: its weight here is 1, and multiplying by that would be one pass over an activation for nothing.
      0: () => normalizationGradient(builder, parts(), isFilledWith(input(1), 1) ? gradient(0) : mul(builder, gradient(0), input(1)), axes),
      1: () => mul(builder, gradient(0), normalized(builder, parts())),
      2: () => gradient(0),
    };
  },
});
