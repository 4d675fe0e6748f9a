import type { RanNode } from '../../contract/node.ts';
import { PROGRAM_VERSION } from '../../contract/version.ts';
import type { NodeRunRequest, ValueHandle } from './node-runner.ts';
import { linkedNodes, type GraphPlan, type PlannedNode } from './plan-graph.ts';

/**
 * What a runner is asked in order to run a planned node.
 * @param graph Canonical JSON of the graph file.
 * @param watched Whether somebody looks on.
 */
export function runRequest(planned: PlannedNode, plan: GraphPlan, graph: string, outputFolder: string, watched = false): NodeRunRequest {
  const { node, params, key, device, sources } = planned;
  const inputs: Record<string, ValueHandle[]> = {};
  for (const [name, links] of Object.entries(node.inputs)) inputs[name] = links.map((link) => ({ key: (plan.nodes.get(link.node) as PlannedNode).key, port: link.port }));
  return {
    nodeId: node.id, where: node.where, type: node.schema.type, version: node.schema.version, params, inputs, contentKey: key,
    graph, outputFolder, provenance: { program: PROGRAM_VERSION, device, contentKey: key, nodes: ranNodes(planned, plan), files: sources },
    ...(watched ? { watched } : {}),
  };
}

/** A writing node and all upstream of it, in run order. */
function ranNodes({ node, schema }: PlannedNode, plan: GraphPlan): Record<string, RanNode> {
  if (schema.sideEffects !== true) return {};
  const wanted = new Set([node.id]);
  for (const pending = [node.id]; pending.length > 0;) {
    const { node: next } = plan.nodes.get(pending.pop() as string) as PlannedNode;
    for (const id of linkedNodes(next)) {
      if (!wanted.has(id)) pending.push(id);
      wanted.add(id);
    }
  }
  const ran = [...plan.nodes.values()].filter(({ id }) => wanted.has(id));
  return Object.fromEntries(ran.map(({ id, node: each }) => [id, { type: each.schema.type, version: each.schema.version, params: each.params }]));
}
