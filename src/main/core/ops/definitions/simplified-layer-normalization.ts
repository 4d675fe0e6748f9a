import { floatAttribute, integerAttribute } from '../../ir/attributes.ts';
import type { Value } from '../../ir/types.ts';
import { addScalar, mul, reciprocal, reduceMean, sqrt, sub } from '../functions.ts';
import { demandShape, dimension, inferenceError, inputType, isFilledWith, sameDataType } from '../infer.ts';
import { defineOp, exactly } from '../op.ts';

/**
 * Root mean square normalization over the last axis. This is ONNX Runtime's own op, registered in the default domain for every opset and every
 * provider that we use; ai.onnx has its RMSNormalization from opset 23 on only.
 */
export const simplifiedLayerNormalizationOp = defineOp({
  name: 'SimplifiedLayerNormalization', domain: '', since: 1, inputs: exactly(2), outputs: exactly(1),
  infer(context) {
    sameDataType(context);
    const type = inputType(context, 0);
    const axis = integerAttribute(context.attributes, 'axis', -1);
    if (axis !== -1) throw inferenceError(context, 'attribute "axis" must be -1', String(axis));
    demandShape(context, 1, [dimension(type.shape, -1)]);
    return [type];
  },
  // y = x r w with r = 1 / sqrt(mean(x^2) + epsilon). With g = dy w: dx = g r - x r^3 mean(g x), dw = dy x r.
  vjp({ builder, node, input, gradient }) {
    const last = [input(0).type.shape.length - 1];
    const inverse = (): Value => reciprocal(builder, sqrt(builder, addScalar(builder, reduceMean(builder, mul(builder, input(0), input(0)), last), floatAttribute(node.attributes, 'epsilon', 1e-5))));
    const ofInput = (): Value => {
      const r = inverse();
      const scaled = isFilledWith(input(1), 1) ? gradient(0) : mul(builder, gradient(0), input(1));
      const slope = mul(builder, reduceMean(builder, mul(builder, scaled, input(0)), last), mul(builder, mul(builder, r, r), r));
      return sub(builder, mul(builder, scaled, r), mul(builder, input(0), slope));
    };
    return { 0: ofInput, 1: () => mul(builder, gradient(0), mul(builder, input(0), inverse())) };
  },
});
