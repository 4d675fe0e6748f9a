import type { ErrorData } from '../../../contract/errors.ts';
import type { GraphFile } from '../../../contract/graph-file.ts';
import type { DryRun, DryRunNode } from '../../../contract/studio-api.ts';
import { demandedNodes, runReason, type Found, type RunMemory } from '../../runtime/demand.ts';
import type { NodeRunner } from '../../runtime/node-runner.ts';
import { planGraph, type GraphPlan, type RunFiles } from '../../runtime/plan-graph.ts';
import { GraphFaults } from '../../runtime/read-graph.ts';
import type { Estimate, RunTimings } from './run-timings.ts';

export interface DryRunOptions {
  readonly graph: GraphFile;
  readonly where: string;
  readonly targets?: readonly string[];
  /** A view of its own; it is let go of afterwards. */
  readonly runner: NodeRunner;
  readonly files: RunFiles;
  readonly memory: Pick<RunMemory, 'recall'>;
  readonly timings: RunTimings;
}

interface Findings {
  readonly plan: GraphPlan;
  /** Why nodes can't run, by id. */
  readonly failures: ReadonlyMap<string, ErrorData>;
  readonly found: ReadonlyMap<string, Found>;
  readonly estimates: ReadonlyMap<string, Estimate>;
  readonly memory: Pick<RunMemory, 'recall'>;
}

async function describeNode(id: string, { plan, failures, found, estimates, memory }: Findings): Promise<DryRunNode> {
  const error = failures.get(id);
  const where = found.get(id);
  const planned = plan.nodes.get(id);
  if (where === undefined) return { id, outcome: 'unneeded' };
  if (planned === undefined) return { id, outcome: 'blocked', ...(error === undefined ? {} : { error }) };
  if (where !== 'missing') return { id, outcome: where };
  const reason = await runReason(planned.node, planned.parts, memory);
  const estimate = estimates.get(id);
  return {
    id, outcome: 'runs', ...(estimate === undefined ? {} : { expectedMs: estimate.ms }),
    reason: reason.kind === 'changed' ? { kind: 'changed', changes: [...reason.changes] } : reason,
  };
}

function withFaults(faults: readonly ErrorData[]): DryRun {
  return { faults: [...faults], nodes: [], unmeasured: 0 };
}

/** What a run would do, without running anything: which nodes run and why, which are cached, and what that took before. Faults are an answer, not an error. */
export async function dryRun({ graph, where, targets, runner, files, memory, timings }: DryRunOptions): Promise<DryRun> {
  try {
    const plan = await planGraph({ graph, where, files, catalogue: await runner.catalogue(), deviceKey: () => runner.deviceKey(), ...(targets === undefined ? {} : { targets }) });
    const found = await demandedNodes(plan, runner);
    const estimates = await timings.estimate(plan);
    const failures = new Map(plan.failures.map(({ node, error }) => [node.id, error]));
    const ids = new Set([...plan.needed.map(({ id }) => id), ...Object.keys(graph.nodes)]);
    const nodes = await Promise.all([...ids].map((id) => describeNode(id, { plan, failures, found, estimates, memory })));
    const running = nodes.filter(({ outcome }) => outcome === 'runs');
    const measured = running.flatMap(({ id }) => estimates.get(id) ?? []);
    const bytes = measured.flatMap((estimate) => estimate.bytes ?? []);
    return {
      faults: plan.failures.map(({ error }) => error), nodes, unmeasured: running.length - measured.length,
      ...(measured.length === running.length ? { expectedMs: measured.reduce((sum, { ms }) => sum + ms, 0) } : {}),
      ...(bytes.length === 0 ? {} : { expectedMemory: Math.max(...bytes) }),
    };
  } catch (error) {
    if (error instanceof GraphFaults) return withFaults(error.faults);
    throw error;
  } finally {
    await runner.dispose();
  }
}
