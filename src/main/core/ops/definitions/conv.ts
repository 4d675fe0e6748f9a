import { convGeometry, convWeightGradient, extent, inferConvGeometry } from '../convolution.ts';
import { convTranspose, reduceSum } from '../functions.ts';
import { demandShape, dimension, inferenceError, printShape, sameDataType } from '../infer.ts';
import { between, defineOp, exactly } from '../op.ts';

export const convOp = defineOp({
  name: 'Conv', domain: '', since: 11, inputs: between(2, 3), outputs: exactly(1),
  infer(context) {
    const dtype = sameDataType(context);
    const { x, weight, geometry } = inferConvGeometry(context);
    const channels = dimension(weight, 1) * geometry.group;
    if (dimension(x, 1) !== channels) throw inferenceError(context, `input 0 must have ${channels} channels for weight ${printShape(weight)} in ${geometry.group} groups`, printShape(x));
    demandShape(context, 2, [dimension(weight, 0)]);
    const spatial = geometry.strides.map((stride, axis) => {
      const { span, padding } = extent(geometry, axis);
      return Math.floor((dimension(x, axis + 2) + padding - span) / stride) + 1;
    });
    if (spatial.some((size) => size < 1)) throw inferenceError(context, 'kernel must fit into the padded input', printShape(x));
    return [{ dtype, shape: [dimension(x, 0), dimension(weight, 0), ...spatial] }];
  },
  // dX = ConvTranspose(dY, W), output padding filling up what the stride left over; dW: see convWeightGradient; db = sum dY
  vjp({ builder, node, input, gradient }) {
    const geometry = convGeometry(node.attributes, input(1).type.shape);
    const { strides, dilations, pads, group } = geometry;
    const dataGradient = () => {
      const outputPadding = strides.map((stride, axis) => {
        const { span, padding } = extent(geometry, axis);
        const reached = (dimension(gradient(0).type.shape, axis + 2) - 1) * stride + span - padding;
        return dimension(input(0).type.shape, axis + 2) - reached;
      });
      return convTranspose(builder, gradient(0), input(1), undefined, { strides, dilations, pads, group, outputPadding });
    };
    return {
      0: dataGradient,
      1: () => convWeightGradient(builder, input(0), gradient(0), geometry),
      2: () => reduceSum(builder, gradient(0), [0, ...strides.map((_, axis) => axis + 2)], false),
    };
  },
});
