import { convGeometry, convWeightGradient, extent, inferConvGeometry } from '../convolution.ts';
import { conv, reduceSum } from '../functions.ts';
import { demandShape, dimension, inferenceError, printShape, sameDataType } from '../infer.ts';
import { between, defineOp, exactly } from '../op.ts';

export const convTransposeOp = defineOp({
  name: 'ConvTranspose', domain: '', since: 11, inputs: between(2, 3), outputs: exactly(1),
  infer(context) {
    const dtype = sameDataType(context);
    const { x, weight, geometry } = inferConvGeometry(context);
    if (dimension(x, 1) !== dimension(weight, 0)) throw inferenceError(context, `input 0 must have ${dimension(weight, 0)} channels for weight ${printShape(weight)}`, printShape(x));
    const channels = dimension(weight, 1) * geometry.group;
    demandShape(context, 2, [channels]);
    // ONNX Runtime's rule: more than that belongs to no input.
    if (geometry.strides.some((stride, axis) => dimension(geometry.outputPadding, axis) >= stride)) {
      throw inferenceError(context, `output padding must be less than the strides ${printShape(geometry.strides)}`, printShape(geometry.outputPadding));
    }
    const spatial = geometry.strides.map((stride, axis) => {
      const { span, padding } = extent(geometry, axis);
      return (dimension(x, axis + 2) - 1) * stride + span - padding + dimension(geometry.outputPadding, axis);
    });
    if (spatial.some((size) => size < 1)) throw inferenceError(context, 'pads must leave something of the output', printShape(spatial));
    return [{ dtype, shape: [dimension(x, 0), channels, ...spatial] }];
  },
  // dX = Conv(dY, W); dW: that convolution's weight gradient, with dY as its input and X as its output gradient; db = sum dY
  vjp({ builder, node, input, gradient }) {
    const geometry = convGeometry(node.attributes, input(1).type.shape);
    const { strides, dilations, pads, group } = geometry;
    return {
      0: () => conv(builder, gradient(0), input(1), undefined, { strides, dilations, pads, group }),
      1: () => convWeightGradient(builder, gradient(0), input(0), geometry),
      2: () => reduceSum(builder, gradient(0), [0, ...strides.map((_, axis) => axis + 2)], false),
    };
  },
});
