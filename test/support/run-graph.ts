import { basename, dirname } from 'node:path';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { lowerGraph } from '../../src/main/core/ir/lower.ts';
import type { Tensor } from '../../src/main/core/ir/tensor.ts';
import type { DataType, Graph, TypedArray } from '../../src/main/core/ir/types.ts';
import { writeOnnx } from '../../src/main/core/onnx/write.ts';
import type { LowerPlan } from '../../src/main/core/ops/op.ts';

/** Which limits composites are expanded with, and options of the runtime. */
export interface RunGraphOptions {
  readonly plan?: Partial<LowerPlan>;
  readonly session?: InferenceSession.SessionOptions;
}

/** Runs a graph once on onnxruntime-node's CPU provider, apart from the engine, and returns its outputs by name. External initializers must lie in one folder. */
export async function runGraph(graph: Graph, feeds: Readonly<Record<string, Tensor>>, options: RunGraphOptions = {}): Promise<Record<string, Tensor>> {
  const session = await openGraph(graph, options);
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

/** A graph made ready to run many times. */
export interface OpenGraph {
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}

/** Prepares a graph for {@link OpenGraph.run}. */
export async function openGraph(graph: Graph, options: RunGraphOptions = {}): Promise<OpenGraph> {
  const lowered = lowerGraph(graph, options.plan);
  const folders = new Set(lowered.initializers.flatMap(({ initializer }) => (initializer?.kind === 'external' ? [dirname(initializer.external.file)] : [])));
  if (folders.size > 1) throw new Error(`runGraph: external initializers must lie in one folder, got ${[...folders].join(', ')}`);
  const [folder] = folders;
  const extra = folder === undefined ? {} : { extra: { session: { model_external_initializers_file_folder_path: folder } } };
  const session = await InferenceSession.create(writeOnnx(lowered, { externalLocation: (file) => basename(file) }), { logSeverityLevel: 3, ...extra, ...options.session });
  return {
    async run(feeds) {
      const results = await session.run(Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, toOrt(tensor)])));
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, fromOrt(tensor)]));
    },
    release: () => session.release(),
  };
}

function toOrt(tensor: Tensor): OrtTensor {
  // The constructor is overloaded per type; one call for all of them needs this view of it.
  const create = OrtTensor as unknown as new (dtype: string, data: TypedArray, shape: readonly number[]) => OrtTensor;
  return new create(tensor.dtype, tensor.data, tensor.shape);
}

function fromOrt(tensor: OrtTensor): Tensor {
  return { dtype: tensor.type as DataType, shape: tensor.dims, data: tensor.data as TypedArray };
}
