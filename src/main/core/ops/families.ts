import type { GraphBuilder } from '../ir/builder.ts';
import type { Value } from '../ir/types.ts';
import { broadcastInputs, inputType, sameDataType } from './infer.ts';
import { defineOp, exactly } from './op.ts';
import type { InputGradients, OpDefinition, VjpContext } from './op.ts';

/** What an elementwise rule gets: the builder b, the inputs x and y, the output and its gradient. */
export interface UnaryRule {
  (builder: GraphBuilder, parts: { readonly x: Value; readonly output: Value; readonly gradient: Value }): Value;
}

export interface BinaryRules {
  (builder: GraphBuilder, parts: { readonly x: Value; readonly y: Value; readonly output: Value; readonly gradient: Value }): readonly [() => Value, () => Value];
}

/** An op that maps each element on its own; `rule` gives the gradient of its input. */
export function unaryOp(name: string, since: number, rule: UnaryRule | 'zero'): OpDefinition {
  const vjp = ({ builder, input, output, gradient }: VjpContext): InputGradients => ({
    0: () => (rule as UnaryRule)(builder, { x: input(0), output: output(0), gradient: gradient(0) }),
  });
  return defineOp({
    name, domain: '', since, inputs: exactly(1), outputs: exactly(1),
    infer: (context) => [inputType(context, 0)],
    vjp: rule === 'zero' ? 'zero' : vjp,
  });
}

/** An op on two broadcast inputs of one element type; `rules` gives the gradients of both, broadcast shape allowed. */
export function binaryOp(name: string, since: number, rules: BinaryRules): OpDefinition {
  return defineOp({
    name, domain: '', since, inputs: exactly(2), outputs: exactly(1),
    infer: (context) => [{ dtype: sameDataType(context), shape: broadcastInputs(context) }],
    vjp({ builder, input, output, gradient }) {
      const [x, y] = rules(builder, { x: input(0), y: input(1), output: output(0), gradient: gradient(0) });
      return { 0: x, 1: y };
    },
  });
}

/** A comparison of two broadcast inputs: bool out, no gradient. */
export function comparisonOp(name: string, since: number): OpDefinition {
  return defineOp({
    name, domain: '', since, inputs: exactly(2), outputs: exactly(1),
    infer(context) {
      sameDataType(context);
      return [{ dtype: 'bool', shape: broadcastInputs(context) }];
    },
    vjp: 'zero',
  });
}
