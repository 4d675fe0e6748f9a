import type { Graph, TensorType } from '../core/ir/types.ts';
import { lowerGraph } from '../core/ir/lower.ts';
import { verifyGraph } from '../core/ir/verify.ts';
import { writeOnnx } from '../core/onnx/write.ts';
import { opRegistry } from '../core/ops/registry.ts';
import { estimateMemory, privateBytes, runBytes } from './estimate.ts';
import { locateExternalFiles } from './external-files.ts';
import type { SessionOptions } from './ort.ts';
import { choosePlan, type PlanChoice, type SessionPlan } from './plans.ts';
import type { DeviceProvider } from './providers.ts';

/** How a session is to be made. */
export interface CompileOptions {
  readonly provider: DeviceProvider;
  readonly threads: number;
  readonly plan: PlanChoice;
}

/** Everything that ONNX Runtime needs to make a session of a graph. */
export interface CompiledGraph {
  readonly model: Uint8Array;
  readonly options: SessionOptions;
  readonly plan: SessionPlan;
  /** Private memory that the session is expected to hold. */
  readonly bytes: number;
  readonly inputs: ReadonlyMap<string, TensorType>;
  readonly outputs: ReadonlyMap<string, TensorType>;
}

function sessionOptions(compile: CompileOptions, plan: SessionPlan, folder: string | undefined): SessionOptions {
  const session: Record<string, string> = { ...plan.session };
  // The declaration file says that `extra` is for the web only; onnxruntime-node 1.30 reads it too.
  if (folder !== undefined) session['model_external_initializers_file_folder_path'] = folder;
  return {
    ...plan.options,
    ...compile.provider.options,
    intraOpNumThreads: compile.threads,
    interOpNumThreads: 1,
    extra: { session, optimization: { ...plan.optimization } },
  };
}

/** Private memory that a run of a session of a graph takes, in bytes: from the same walk over the graph that chooses its plan. */
export function estimateSession(graph: Graph, choice: PlanChoice): number {
  const estimate = estimateMemory(lowerGraph(graph));
  return runBytes(estimate, choosePlan(choice, estimate.wideWeights));
}

/**
 * Lowers, verifies and writes a graph, finds its weight files and picks the session plan.
 * @throws AppError `session.weights-*`, or what lowering and verifying throw.
 */
export async function compileGraph(graph: Graph, where: string, compile: CompileOptions): Promise<CompiledGraph> {
  const lowered = lowerGraph(graph);
  verifyGraph(lowered, opRegistry);
  const files = await locateExternalFiles(lowered, where);
  const estimate = estimateMemory(lowered);
  const plan = choosePlan(compile.plan, estimate.wideWeights);
  return {
    model: writeOnnx(lowered, { externalLocation: (file) => files.location(file) }),
    options: sessionOptions(compile, plan, files.folder),
    plan,
    bytes: privateBytes(estimate, plan),
    inputs: new Map(lowered.inputs.map((value) => [value.name as string, value.type])),
    outputs: new Map(lowered.outputs.map(({ name, value }) => [name, value.type])),
  };
}
