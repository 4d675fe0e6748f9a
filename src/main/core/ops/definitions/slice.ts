import { pad } from '../functions.ts';
import { constantIntegers, dimension, inferenceError, inputType, resolveAxis } from '../infer.ts';
import type { InferContext } from '../op.ts';
import { defineOp, exactly } from '../op.ts';

/** Slice of one axis with step 1, positions 0 <= start < end <= size: the form that the `slice` function writes. */
function range(context: InferContext): { axis: number; start: number; end: number } {
  const { shape } = inputType(context, 0);
  const [starts, ends, axes] = [constantIntegers(context, 1), constantIntegers(context, 2), constantIntegers(context, 3)];
  const [start, end, axis] = [starts[0], ends[0], axes[0]];
  if (start === undefined || end === undefined || axis === undefined || starts.length + ends.length + axes.length !== 3) {
    throw inferenceError(context, 'starts, ends and axes must have one element each');
  }
  const front = resolveAxis(context, axis, shape.length);
  const size = dimension(shape, front);
  if (start < 0 || end > size || start >= end) throw inferenceError(context, `axis ${front} must be cut within 0..${size}`, `${start}..${end}`);
  return { axis: front, start, end };
}

export const sliceOp = defineOp({
  name: 'Slice', domain: '', since: 13, inputs: exactly(4), outputs: exactly(1),
  infer(context) {
    const { dtype, shape } = inputType(context, 0);
    const { axis, start, end } = range(context);
    return [{ dtype, shape: shape.map((size, other) => (other === axis ? end - start : size)) }];
  },
  // dx = dy, framed by zeros where x was cut off
  vjp({ builder, node, input, gradient }) {
    const { shape } = input(0).type;
    const { axis, start, end } = range({ where: node.name, inputs: node.inputs.map((value) => value?.type), values: node.inputs, attributes: node.attributes });
    const before = shape.map((_, other) => (other === axis ? start : 0));
    const after = shape.map((size, other) => (other === axis ? size - end : 0));
    return { 0: () => pad(builder, gradient(0), [...before, ...after]) };
  },
});
