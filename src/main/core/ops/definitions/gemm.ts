import { floatAttribute, integerAttribute } from '../../ir/attributes.ts';
import { gemm } from '../functions.ts';
import { broadcastShapes, dimension, inferenceError, inputOfRank, printShape, sameDataType, sameShape } from '../infer.ts';
import { between, defineOp, exactly } from '../op.ts';

export const gemmOp = defineOp({
  name: 'Gemm', domain: '', since: 13, inputs: between(2, 3), outputs: exactly(1),
  infer(context) {
    const dtype = sameDataType(context);
    const [a, b] = [inputOfRank(context, 0, 2).shape, inputOfRank(context, 1, 2).shape];
    const transA = integerAttribute(context.attributes, 'transA', 0);
    const transB = integerAttribute(context.attributes, 'transB', 0);
    const [rows, inner] = [dimension(a, transA), dimension(a, 1 - transA)];
    const shape = [rows, dimension(b, 1 - transB)];
    if (dimension(b, transB) !== inner) throw inferenceError(context, `inner dimensions must agree (transA ${transA}, transB ${transB})`, `${printShape(a)} and ${printShape(b)}`);
    const bias = context.inputs[2]?.shape ?? [];
    if (!sameShape(broadcastShapes(bias, shape) ?? [], shape)) throw inferenceError(context, `input 2 must broadcast to ${printShape(shape)}`, printShape(bias));
    return [{ dtype, shape }];
  },
  // Y = alpha A' B' + C, where ' is the transpose if asked. dA' = alpha dY B'^T, dB' = alpha A'^T dY, dC = dY.
  vjp({ builder, node, input, gradient }) {
    const transA = integerAttribute(node.attributes, 'transA', 0) === 1;
    const transB = integerAttribute(node.attributes, 'transB', 0) === 1;
    const alpha = floatAttribute(node.attributes, 'alpha', 1);
    const product = (x: 'A' | 'B' | 'dY', transX: boolean, y: 'A' | 'B' | 'dY', transY: boolean) => {
      const value = { A: () => input(0), B: () => input(1), dY: () => gradient(0) };
      return gemm(builder, value[x](), value[y](), undefined, { transA: transX ? 1 : 0, transB: transY ? 1 : 0, alpha });
    };
    return {
      // A' = A: dA = alpha dY B'^T. A' = A^T: dA = alpha B' dY^T.
      0: () => (transA ? product('B', transB, 'dY', true) : product('dY', false, 'B', !transB)),
      // B' = B: dB = alpha A'^T dY. B' = B^T: dB = alpha dY^T A'.
      1: () => (transB ? product('dY', true, 'A', transA) : product('A', !transA, 'dY', false)),
      2: () => gradient(0),
    };
  },
});
