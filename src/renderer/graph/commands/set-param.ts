import { paramValueSchema, type GraphNode } from '../../../contract/graph-file.ts';
import { printValue, type ParamValue } from '../../../contract/params.ts';
import { subgraphOf } from '../../../contract/subgraphs.ts';
import { changeScope, openScope, withNode } from '../state.ts';
import { refusal } from '../refusal.ts';
import { defineCommand, requireNode } from './command.ts';

/**
 * Sets a param. Values out of range are taken, so that typing is never fought: the validator tells of them. Only what no param can hold is refused.
 * undefined takes the param back to the node type's default; on a use of a sub-graph, to the value that the inner node has.
 */
export interface SetParam {
  readonly type: 'set-param';
  readonly node: string;
  readonly param: string;
  readonly value: ParamValue | undefined;
}

export const setParam = defineCommand<SetParam>({
  type: 'set-param',
  name: (command, { view }) => `Set ${command.param} of ${view.where(command.node)}`,
  apply(command, state, context) {
    const { node: id, param, value } = command;
    const node = requireNode(context, id);
    const where = context.view.where(id);
    const schema = context.view.schema(id);
    const listed = schema === undefined ? Object.hasOwn(node.params, param) : Object.hasOwn(schema.params, param) || Object.hasOwn(node.params, param);
    if (!listed) throw refusal('unknown-param', where, `has no param "${param}"`, { nodeId: id, port: param });
    if (value !== undefined && !paramValueSchema.safeParse(value).success) {
      throw refusal('param-value', where, `${param} must be text, a finite number, true or false, or a list of texts or numbers`, { got: printValue(value), nodeId: id, port: param });
    }
    const next = value ?? (subgraphOf(node) === undefined ? schema?.params[param]?.default : undefined);
    if (next === undefined && !Object.hasOwn(node.params, param)) return { state };
    if (Object.hasOwn(node.params, param) && sameValue(node.params[param], next)) return { state };
    const params = next === undefined ? without(node.params, param) : { ...node.params, [param]: next };
    return { state: changeScope(state, { nodes: withNode(openScope(state).nodes, id, { ...node, params: params as GraphNode['params'] }) }) };
  },
});

function without(params: GraphNode['params'], name: string): GraphNode['params'] {
  return Object.fromEntries(Object.entries(params).filter(([param]) => param !== name));
}

/** Whether two param values are the same, lists by their items. */
export function sameValue(a: unknown, b: unknown): boolean {
  return a === b || (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, index) => item === b[index]));
}
