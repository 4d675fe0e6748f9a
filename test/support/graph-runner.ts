import type { GraphRunner } from '../../src/main/core/autodiff/check-grads.ts';
import { openGraph } from './run-graph.ts';
import type { RunGraphOptions } from './run-graph.ts';

/** A runner for the gradient checker: one onnxruntime-node session per graph, single-threaded, since the graphs are tiny. */
export function graphRunner(options: RunGraphOptions = {}): GraphRunner {
  return async (graph, feeds) => {
    const open = await openGraph(graph, { ...options, session: { intraOpNumThreads: 1, ...options.session } });
    try {
      const results = [];
      for (const feed of feeds) results.push(await open.run(feed));
      return results;
    } finally {
      await open.release();
    }
  };
}
