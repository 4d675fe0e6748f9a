import { integerAttribute } from '../../ir/attributes.ts';
import { cast, reshape, scatterAdd, transpose, zerosLike } from '../functions.ts';
import { inferenceError, inputType, resolveAxis } from '../infer.ts';
import { defineOp, exactly } from '../op.ts';

export const gatherOp = defineOp({
  name: 'Gather', domain: '', since: 13, inputs: exactly(2), outputs: exactly(1),
  infer(context) {
    const [data, indices] = [inputType(context, 0), inputType(context, 1)];
    const axis = resolveAxis(context, integerAttribute(context.attributes, 'axis', 0), data.shape.length);
    if (indices.dtype !== 'int32' && indices.dtype !== 'int64') throw inferenceError(context, 'input 1 must be int32 or int64', indices.dtype);
    return [{ dtype: data.dtype, shape: [...data.shape.slice(0, axis), ...indices.shape, ...data.shape.slice(axis + 1)] }];
  },
  // ddata = zeros with dy added at the gathered positions; the gathered axis goes to the front for that and back again
  vjp({ builder, node, input, gradient }) {
    const given = integerAttribute(node.attributes, 'axis', 0);
    const { shape } = input(0).type;
    const axis = given < 0 ? given + shape.length : given;
    const indexShape = input(1).type.shape;
    const scatter = () => {
      const front = shape.map((_, other) => (other === 0 ? axis : other <= axis ? other - 1 : other));
      const axes = gradient(0).type.shape.map((_, other) => other);
      const picked = axes.slice(axis, axis + indexShape.length);
      const updates = transpose(builder, gradient(0), [...picked, ...axes.filter((other) => !picked.includes(other))]);
      const indices = reshape(builder, cast(builder, input(1), 'int64'), [...indexShape, 1]);
      const sum = scatterAdd(builder, zerosLike(builder, transpose(builder, input(0), front)), indices, updates);
      return transpose(builder, sum, front.map((_, other) => front.indexOf(other)));
    };
    return { 0: scatter };
  },
});
