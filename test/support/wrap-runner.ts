import type { NodeRunner } from '../../src/main/runtime/node-runner.ts';

/** A runner that passes everything on, except for what is given. */
export function wrapRunner(inner: NodeRunner, own: Partial<NodeRunner>): NodeRunner {
  return {
    catalogue: () => inner.catalogue(),
    deviceKey: () => inner.deviceKey(),
    lookup: (key, outputs) => inner.lookup(key, outputs),
    run: (request, onEvent, signal) => inner.run(request, onEvent, signal),
    runMany: (requests, onEvent, signal) => inner.runMany(requests, onEvent, signal),
    rowGroups: (requests) => inner.rowGroups(requests),
    rowWidth: (request, budget) => inner.rowWidth(request, budget),
    describe: (handle, type) => inner.describe(handle, type),
    release: (keys) => inner.release(keys),
    dispose: () => inner.dispose(),
    ...own,
  };
}
