import { AppError, inputError, type ErrorData } from './errors.ts';
import { linksOf, type GraphLink, type GraphNode } from './graph-file.ts';
import type { NodeSchema } from './node.ts';
import type { ParamSchema, ParamValue } from './params.ts';
import type { PortTypeName } from './port-types.ts';

type Nodes = Readonly<Record<string, GraphNode>>;
type SchemaOf = (node: GraphNode) => NodeSchema | undefined;

/** Params through params of value nodes, at most; a loop of them has no end. */
const MAX_CHAIN = 1000;

const VALUE_TYPES: { readonly [K in ParamSchema['kind']]: PortTypeName } = {
  integer: 'Number', number: 'Number', seed: 'Number', boolean: 'Boolean', text: 'Text', choice: 'Text', path: 'Text', 'text-list': 'Texts', 'integer-list': 'Numbers',
};

/** The port type of a param that is used as an input: links of this type can set it. */
export function paramPortType(param: ParamSchema): PortTypeName {
  return VALUE_TYPES[param.kind];
}

/**
 * Puts the values of linked params in place, before anything runs: a link to an input that bears a param's name sets that param to the constant that it comes from.
 * So a linked param counts in content keys, in dry runs and in checks as if its value had been typed.
 * @returns the nodes without such links, and a fault for each that can't be followed.
 */
export function resolveParamLinks(nodes: Nodes, schemaOf: SchemaOf): { readonly nodes: Nodes; readonly faults: readonly ErrorData[] } {
  const faults: ErrorData[] = [];
  const changed = new Map<string, GraphNode>();
  for (const [id, node] of Object.entries(nodes)) {
    const names = Object.keys(node.inputs);
    const schema = names.length === 0 ? undefined : schemaOf(node);
    if (schema === undefined) continue;
    const linked = names.filter((name) => Object.hasOwn(schema.params, name) && !Object.hasOwn(schema.inputs, name));
    if (linked.length === 0) continue;
    const params = { ...node.params };
    for (const name of linked) {
      const value = follow({ nodes, schemaOf, id, node, schema, name });
      if (value instanceof AppError) faults.push(value.data);
      else if (value !== undefined) params[name] = value as GraphNode['params'][string];
    }
    changed.set(id, { ...node, params, inputs: Object.fromEntries(Object.entries(node.inputs).filter(([name]) => !linked.includes(name))) });
  }
  return { nodes: changed.size === 0 ? nodes : Object.fromEntries(Object.entries(nodes).map(([id, node]) => [id, changed.get(id) ?? node])), faults };
}

interface Linked { readonly nodes: Nodes; readonly schemaOf: SchemaOf; readonly id: string; readonly node: GraphNode; readonly schema: NodeSchema; readonly name: string }

/** The constant at the end of a param's link; undefined when the link is gone. */
function follow({ nodes, schemaOf, id, node, schema, name }: Linked): ParamValue | AppError | undefined {
  const where = `${node.type} "${node.title ?? id}"`;
  const about = { nodeId: id, port: name };
  const links = linksOf(node.inputs[name]);
  if (links.length > 1) return inputError('graph.too-many-links', where, `param "${name}" must have one link`, { got: String(links.length), ...about });
  const type = paramPortType(schema.params[name] as ParamSchema);
  let link = links[0];
  for (let steps = 0; link !== undefined; steps += 1) {
    if (steps > MAX_CHAIN) return inputError('graph.cycle', where, `param "${name}" must come from a value through at most ${MAX_CHAIN} links`, { got: 'a longer chain, or a loop', ...about });
    const found = constantAt(link, nodes, schemaOf);
    if (typeof found === 'string') return inputError('graph.param-link', where, `param "${name}" ${found}`, { got: `${link.node}.${link.port}`, ...about });
    if (found.type !== type) return inputError('graph.link-type', where, `param "${name}" must be ${type}`, { got: `${found.type} from ${link.node}.${link.port}`, ...about });
    const next: GraphLink | undefined = linksOf(Object.hasOwn(found.node.inputs, found.param) ? found.node.inputs[found.param] : undefined)[0];
    if (next === undefined) return valueOf(found);
    link = next;
  }
  return undefined;
}

interface Constant { readonly node: GraphNode; readonly schema: NodeSchema; readonly param: string; readonly type: PortTypeName }

/** The param behind an output, or the rule that it breaks. */
function constantAt(link: GraphLink, nodes: Nodes, schemaOf: SchemaOf): Constant | string {
  const node = Object.hasOwn(nodes, link.node) ? nodes[link.node] : undefined;
  const schema = node === undefined ? undefined : schemaOf(node);
  if (node === undefined || schema === undefined) return 'must come from a node of this graph that is installed';
  const output = Object.hasOwn(schema.outputs, link.port) ? schema.outputs[link.port] : undefined;
  if (output === undefined) return 'must come from an output of that node';
  const param = Object.hasOwn(schema.constants ?? {}, link.port) ? schema.constants?.[link.port] : undefined;
  return param === undefined ? 'must come from a value node: its value has to be known before the run' : { node, schema, param, type: output.type };
}

/** The value of a constant. Whether it is a good one for its own node is told there. */
function valueOf({ node, schema, param }: Constant): ParamValue {
  return Object.hasOwn(node.params, param) ? node.params[param] as ParamValue : (schema.params[param] as ParamSchema).default;
}
