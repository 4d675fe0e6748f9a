import type { GraphNode } from '../../../contract/graph-file.ts';
import type { NodeSchema } from '../../../contract/node.ts';
import { SUBGRAPH_INPUTS, SUBGRAPH_OUTPUTS } from '../../../contract/subgraphs.ts';

/** The input whose value stands in for an output: the declared one, else the only input of the same type. */
export function passThroughOf(schema: NodeSchema, output: string): string | undefined {
  if (schema.passThrough !== undefined && Object.hasOwn(schema.passThrough, output)) return schema.passThrough[output];
  const type = Object.hasOwn(schema.outputs, output) ? schema.outputs[output]?.type : undefined;
  return onlyInputOfType(schema.inputs, type);
}

/** The input of a type when there is just one. */
export function onlyInputOfType(inputs: Readonly<Record<string, { readonly type: string }>>, type: string | undefined): string | undefined {
  const same = Object.entries(inputs).filter(([, port]) => port.type === type);
  return same.length === 1 ? same[0]?.[0] : undefined;
}

/** Whether a node type can be bypassed: it passes something through, or it gives nothing that could be missed. */
export function canBypass(schema: NodeSchema): boolean {
  return Object.keys(schema.outputs).length === 0 || Object.keys(schema.passThrough ?? {}).length > 0;
}

/** Whether a node stands for the inputs or outputs of the sub-graph that it is in. */
export function isBoundary(node: GraphNode): boolean {
  return node.type === SUBGRAPH_INPUTS || node.type === SUBGRAPH_OUTPUTS;
}
