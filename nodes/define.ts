import type { NodeDefinition, PortSchema, RowFunctions, RunContext } from '../src/contract/node.ts';
import type { ParamSchema, ParamValueOf } from '../src/contract/params.ts';
import type { PortTypeName } from '../src/contract/port-types.ts';
import type { NodeServices } from './services.ts';
import type { PortValues } from './values.ts';

type Inputs = Readonly<Record<string, PortSchema>>;
type Outputs = Readonly<Record<string, PortSchema>>;
type Params = Readonly<Record<string, ParamSchema>>;

type InputValue<P extends PortSchema> =
  P extends { readonly many: true } ? readonly PortValues[P['type']][]
    : P extends { readonly optional: true } ? PortValues[P['type']] | undefined
      : PortValues[P['type']];

/** What a node's run function gets: everything typed from the declaration. */
export interface NodeRun<I extends Inputs, P extends Params> {
  readonly inputs: { readonly [K in keyof I]: InputValue<I[K]> };
  readonly params: { readonly [K in keyof P]: ParamValueOf<P[K]> };
  readonly context: RunContext<NodeServices>;
}

/** {@link RowFunctions}, typed from the declaration. */
export interface NodeRows<I extends Inputs, P extends Params, O extends Outputs> {
  readonly group: (inputs: NodeRun<I, P>['inputs'], params: NodeRun<I, P>['params']) => string;
  readonly items: (inputs: NodeRun<I, P>['inputs'], params: NodeRun<I, P>['params']) => number;
  readonly run: (rows: readonly NodeRun<I, P>[]) => Promise<readonly (NodeOutputs<O> | Error)[]>;
  readonly memory: (row: NodeRun<I, P>, width: number) => Promise<number>;
}

type NodeOutputs<O extends Outputs> = { readonly [K in keyof O]: PortValues[O[K]['type']] };

export interface NodeDeclaration<I extends Inputs, P extends Params, O extends Outputs> extends Omit<NodeDefinition, 'run' | 'rowFunctions' | 'inputs' | 'params' | 'outputs'> {
  readonly inputs: I;
  readonly params: P;
  readonly outputs: O;
  readonly run: (run: NodeRun<I, P>) => Promise<NodeOutputs<O>>;
  /** There exactly when `rows` is. */
  readonly rowFunctions?: NodeRows<I, P, O>;
}

/**
 * Declares a node: ports, params and docs as data, and one run function whose arguments and result are typed by them.
 * Rules for run functions: inputs are never changed, since they are cached; randomness comes from a seed param; whatever is written is a declared side effect.
 */
export function defineNode<const I extends Inputs, const P extends Params, const O extends Outputs>(declaration: NodeDeclaration<I, P, O>): NodeDefinition<NodeServices> {
  const { run, rowFunctions, ...schema } = declaration;
  return {
    ...schema,
    // The host has checked params against their schemas, and inputs come from ports of the declared types.
    run: (context, inputs, params) => run({ context, inputs, params } as unknown as NodeRun<I, P>),
    ...(rowFunctions === undefined ? {} : { rowFunctions: rowFunctions as unknown as RowFunctions<NodeServices> }),
  };
}

/** A port of a type. */
export function port<const T extends PortTypeName>(type: T, doc: string): { readonly type: T; readonly doc: string } {
  return { type, doc };
}

/** An input that may stay unlinked. */
export function optionalPort<const T extends PortTypeName>(type: T, doc: string): { readonly type: T; readonly doc: string; readonly optional: true } {
  return { type, doc, optional: true };
}

/** An input that takes any number of links, in order; at least one unless it is optional too. */
export function manyPort<const T extends PortTypeName>(type: T, doc: string): { readonly type: T; readonly doc: string; readonly many: true } {
  return { type, doc, many: true };
}
