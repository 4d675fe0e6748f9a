import { inputError, toErrorData, type ErrorData } from '../../contract/errors.ts';
import { evaluateCheck, measuredParts, type CheckFinding, type GraphCheck, type GraphChecks } from '../../contract/graph-checks.ts';
import type { GraphFile } from '../../contract/graph-file.ts';
import type { PortTypeName } from '../../contract/port-types.ts';
import type { RunEvent } from '../../contract/run-events.ts';
import { runGraph, type RunOptions } from './execute.ts';
import type { NodeRunner } from './node-runner.ts';
import { planGraph, type GraphPlan } from './plan-graph.ts';

/** One check of a graph, and what came of it. */
export interface CheckResult {
  readonly check: string;
  /** `node.port` that it is about. */
  readonly value: string;
  /** Empty when the value could not be made. */
  readonly findings: readonly CheckFinding[];
  /** Why it could not be made. */
  readonly error?: ErrorData;
  /** What the file has to say for the check to hold: new parts by path below `checks`. */
  readonly measured: readonly { readonly path: readonly string[]; readonly value: unknown }[];
}

export type CheckOptions = Pick<RunOptions, 'graph' | 'where' | 'runner' | 'files' | 'outputFolder' | 'signal'> & {
  readonly onEvent?: (event: RunEvent) => void;
};

/** Whether every rule of a check holds. */
export function holds({ error, findings }: CheckResult): boolean {
  return error === undefined && findings.every(({ ok }) => ok);
}

function checksOf({ checks }: Pick<GraphFile, 'checks'>, where: string): GraphChecks {
  if (checks === undefined || Object.keys(checks).length === 0) {
    throw inputError('checks.none', where, 'must have checks', { hint: 'Write them under "checks": { "NAME": { "value": { "node", "port" }, "shape", "hash", "mean", "facts" } }.' });
  }
  return checks;
}

/** The port type of a checked value. @throws AppError `checks.port` naming the outputs that there are. */
function portTypeOf(name: string, { value }: GraphCheck, plan: GraphPlan, where: string): PortTypeName {
  const node = plan.needed.find(({ id }) => id === value.node);
  if (node === undefined) throw inputError('checks.node', `${where}, check "${name}"`, 'must be about a node that runs', { got: value.node, hint: 'Of a sub-graph a node within it can be checked: USE/NODE.' });
  const { outputs } = node.schema;
  const port = Object.hasOwn(outputs, value.port) ? outputs[value.port] : undefined;
  if (port === undefined) throw inputError('checks.port', `${where}, check "${name}"`, `must name an output of node "${value.node}" (${Object.keys(outputs).join(', ') || 'it has none'})`, { got: value.port, nodeId: value.node });
  return port.type;
}

/** A view of a runner that holds on to some values when a run lets go of them. */
function holding(runner: NodeRunner, keys: ReadonlySet<string>): NodeRunner {
  return {
    catalogue: () => runner.catalogue(), deviceKey: () => runner.deviceKey(), lookup: (key, outputs) => runner.lookup(key, outputs),
    run: (request, onEvent, signal) => runner.run(request, onEvent, signal), runMany: (requests, onEvent, signal) => runner.runMany(requests, onEvent, signal),
    rowGroups: (requests) => runner.rowGroups(requests), rowWidth: (request, budget) => runner.rowWidth(request, budget), describe: (handle, type) => runner.describe(handle, type),
    release: (released) => runner.release(released.filter((key) => !keys.has(key))), dispose: () => runner.dispose(),
  };
}

/**
 * Makes every value that a graph's checks are about, and compares.
 * @returns one result per check, in the order of the file.
 * @throws GraphFaults for a graph with faults; AppError `checks.none` and `checks.port`, and when the run was cancelled.
 */
export async function checkGraph(options: CheckOptions): Promise<CheckResult[]> {
  const { graph, where, runner, files, signal } = options;
  const checks = Object.entries(checksOf(graph, where));
  const targets = [...new Set(checks.map(([, { value }]) => value.node))];
  const plan = await planGraph({ graph, where, files, targets, catalogue: await runner.catalogue(), deviceKey: () => runner.deviceKey() });
  const types = checks.map(([name, check]) => portTypeOf(name, check, plan, where));
  const keys = new Set(targets.flatMap((id) => plan.nodes.get(id)?.key ?? []));
  const memory = { recall: () => Promise.resolve(undefined), remember: () => Promise.resolve() };
  const { errors } = await runGraph({ ...options, runner: holding(runner, keys), memory, targets, plan, onEvent: options.onEvent ?? (() => undefined) });
  signal.throwIfAborted();
  try {
    const results: CheckResult[] = [];
    for (const [index, [name, check]] of checks.entries()) results.push(await checkValue(name, check, types[index] as PortTypeName, plan, errors, runner));
    return results;
  } finally {
    await runner.release([...keys]);
  }
}

async function checkValue(name: string, check: GraphCheck, type: PortTypeName, plan: GraphPlan, errors: readonly ErrorData[], runner: NodeRunner): Promise<CheckResult> {
  const { node, port } = check.value;
  const value = `${node}.${port}`;
  // A node that was left out has failed through one upstream of it.
  const failure = errors.find(({ nodeId }) => nodeId === node) ?? errors[0];
  try {
    const key = plan.nodes.get(node)?.key;
    if (failure !== undefined && (key === undefined || !(await isThere(key, node, plan, runner)))) return { check: name, value, findings: [], error: failure, measured: [] };
    const described = await runner.describe({ key: key as string, port }, type);
    return { check: name, value, findings: evaluateCheck(check, described), measured: measuredParts(check, described).map((part) => ({ ...part, path: [name, ...part.path] })) };
  } catch (thrown) {
    return { check: name, value, findings: [], error: toErrorData(thrown, `Check "${name}"`, 'run'), measured: [] };
  }
}

async function isThere(key: string, nodeId: string, plan: GraphPlan, runner: NodeRunner): Promise<boolean> {
  const outputs = plan.nodes.get(nodeId)?.schema.outputs ?? {};
  return (await runner.lookup(key, Object.fromEntries(Object.entries(outputs).map(([name, { type }]) => [name, type])))) !== 'missing';
}
