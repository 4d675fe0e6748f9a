import { AppError } from '../../contract/errors.ts';
import { canonicalJson } from './content-key.ts';
import { runGraph, type RunOptions } from './execute.ts';
import { outputTypes } from './node-runner.ts';
import { planGraph, type GraphPlan, type PlannedNode } from './plan-graph.ts';
import { runRequest } from './run-request.ts';

/** What {@link planRowWidth} needs of a run; nothing is written. */
export type RowWidthOptions = Pick<RunOptions, 'graph' | 'where' | 'runner' | 'files' | 'signal' | 'targets'> & {
  /** Bytes that one run of a model may hold; what the engine gives its sessions when left out. */
  readonly budget?: number;
};

/** Ids of the nodes whose values say how much memory a node needs. */
function sizingNodes({ node, schema }: PlannedNode): string[] {
  return (schema.rows?.sizedBy ?? []).flatMap((name) => (node.inputs[name] ?? []).map((link) => link.node));
}

/** The width for one node. What it is sized by is run first: descriptors of models and empty latents, not what was trained or encoded. */
async function widthOf(planned: PlannedNode, plan: GraphPlan, options: RowWidthOptions): Promise<number> {
  const { runner, budget, graph, where, files, signal } = options;
  const memory = { recall: () => Promise.resolve(undefined), remember: () => Promise.resolve() };
  const targets = sizingNodes(planned);
  const { errors } = await runGraph({ graph, where, files, signal, runner, memory, targets, outputFolder: '', onEvent: () => undefined });
  if (errors[0] !== undefined) throw new AppError(errors[0]);
  const held = targets.map((id) => plan.nodes.get(id) as PlannedNode);
  for (const source of held) await runner.lookup(source.key, outputTypes(source.schema));
  try {
    const request = runRequest(planned, plan, canonicalJson(graph), '');
    const inputs = Object.fromEntries((planned.schema.rows?.sizedBy ?? []).map((name) => [name, request.inputs[name] ?? []]));
    return await runner.rowWidth({ ...request, inputs }, budget);
  } finally {
    await runner.release(held.map(({ key }) => key));
  }
}

/**
 * The width that suits every node of a graph whose invocations can run together: the smallest of theirs, so that all fit into memory.
 * @returns undefined when the graph has no such node.
 * @throws GraphFaults for a graph with faults; AppError when the models can't be read.
 */
export async function planRowWidth(options: RowWidthOptions): Promise<number | undefined> {
  const { graph, where, files, runner, targets } = options;
  const plan = await planGraph({ graph, where, files, catalogue: await runner.catalogue(), deviceKey: () => runner.deviceKey(), ...(targets === undefined ? {} : { targets }) });
  const [failure] = plan.failures;
  if (failure !== undefined) throw new AppError(failure.error);
  const widths: number[] = [];
  for (const planned of plan.nodes.values()) if (planned.schema.rows !== undefined) widths.push(await widthOf(planned, plan, options));
  return widths.length === 0 ? undefined : Math.min(...widths);
}
