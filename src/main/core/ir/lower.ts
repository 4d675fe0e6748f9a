import { internalError } from '../../../contract/errors.ts';
import type { LowerPlan, OpRegistry } from '../ops/op.ts';
import { opRegistry } from '../ops/registry.ts';
import { GraphBuilder } from './builder.ts';
import { pruneGraph } from './prune.ts';
import type { Graph, Node, Value } from './types.ts';
import { verifyGraph } from './verify.ts';

/** Chunks of 32 MiB; matrices up to 2 MiB are kept rather than computed twice. */
export const DEFAULT_LOWER_PLAN: LowerPlan = { attentionScoreBytes: 32 * 2 ** 20, attentionKeepBytes: 2 * 2 ** 20 };

/**
 * Rebuilds a graph from ONNX ops alone: composites are expanded, what no output needs is dropped. Names of inputs, outputs,
 * initializers and ordinary nodes stay; nodes of an expanded composite are named `<composite>/<step>`.
 */
export function lowerGraph(graph: Graph, plan: Partial<LowerPlan> = {}, registry: OpRegistry = opRegistry): Graph {
  const pruned = pruneGraph(graph);
  const builder = new GraphBuilder(graph.name, registry);
  const lowered = new Map<Value, Value>();
  for (const input of pruned.inputs) lowered.set(input, builder.input(input.name, input.type.dtype, input.type.shape));
  for (const initializer of pruned.initializers) lowered.set(initializer, builder.copyInitializer(initializer));
  const read = new Set<Value | undefined>([...pruned.nodes.flatMap((node) => node.inputs), ...pruned.outputs.map((output) => output.value)]);
  for (const node of pruned.nodes) {
    const inputs = node.inputs.map((input) => (input === undefined ? undefined : find(lowered, input, node)));
    const outputs = lowerNode(builder, node, inputs, node.outputs.map((output) => read.has(output)), { ...DEFAULT_LOWER_PLAN, ...plan });
    node.outputs.forEach((output, index) => {
      const value = outputs[index];
      if (value !== undefined) lowered.set(output, value);
    });
  }
  for (const { name, value } of pruned.outputs) builder.output(name, find(lowered, value, undefined));
  const result = pruneGraph(builder.build());
  verifyGraph(result, registry);
  return result;
}

function lowerNode(builder: GraphBuilder, node: Node, inputs: readonly (Value | undefined)[], used: readonly boolean[], plan: LowerPlan): (Value | undefined)[] {
  const { lower } = builder.registry.find(node.domain, node.op, builder.opset);
  if (lower === undefined) return builder.copyNode(node, inputs);
  return builder.generatedScope(`${node.name}/`, () => lower({ builder, node, inputs, used, plan }));
}

function find(lowered: ReadonlyMap<Value, Value>, value: Value, node: Node | undefined): Value {
  const found = lowered.get(value);
  if (found === undefined) throw internalError('ir.lower', node === undefined ? 'Graph outputs' : `${node.op} "${node.name}"`, `value "${value.name}" must be lowered before it is used`);
  return found;
}
