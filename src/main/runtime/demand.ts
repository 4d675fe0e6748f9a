import { isKeptOnDisk } from '../../contract/port-types.ts';
import type { RunReason } from '../../contract/run-events.ts';
import { changesBetween, type KeyParts } from './content-key.ts';
import { outputTypes, type NodeRunner } from './node-runner.ts';
import { linkedNodes, type GraphPlan } from './plan-graph.ts';
import type { CheckedNode } from './validate.ts';

/** Where the values of a node are. */
export type Found = 'memory' | 'disk' | 'missing';

/** Remembers the key parts of earlier runs, to say why a node runs again. */
export interface RunMemory {
  recall(nodeId: string): Promise<KeyParts | undefined>;
  remember(nodeId: string, parts: KeyParts): Promise<void>;
}

/**
 * Which nodes of a plan are looked at, and what is found of each: back from the targets, since what is in the cache needs nothing upstream.
 * What is found is kept until it is released.
 */
export async function demandedNodes(plan: GraphPlan, runner: Pick<NodeRunner, 'lookup'>): Promise<Map<string, Found>> {
  const wanted = new Set(plan.targets);
  const demanded = new Map<string, Found>();
  for (const node of [...plan.needed].reverse()) {
    if (!wanted.has(node.id)) continue;
    const planned = plan.nodes.get(node.id);
    const cacheable = planned !== undefined && node.schema.sideEffects !== true;
    const found = cacheable ? await runner.lookup(planned.key, outputTypes(node.schema)) : 'missing';
    demanded.set(node.id, found);
    if (found === 'missing') for (const id of linkedNodes(node)) wanted.add(id);
  }
  return demanded;
}

/** Why a node whose values are missing runs. */
export async function runReason(node: CheckedNode, parts: KeyParts, memory: Pick<RunMemory, 'recall'>): Promise<RunReason> {
  if (node.schema.sideEffects === true) return { kind: 'side-effects' };
  const before = await memory.recall(node.id);
  if (before === undefined) return { kind: 'first-run' };
  const changes = changesBetween(before, parts);
  if (changes.length > 0) return { kind: 'changed', changes };
  return Object.values(node.schema.outputs).every(({ type }) => isKeptOnDisk(type)) ? { kind: 'evicted' } : { kind: 'memory-only' };
}
