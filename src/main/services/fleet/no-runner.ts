import { internalError } from '../../../contract/errors.ts';
import type { NodeSchema } from '../../../contract/node.ts';
import type { NodeRunner } from '../../runtime/node-runner.ts';

function refuse(): Promise<never> {
  return Promise.reject(internalError('fleet.no-engine', 'Fleet client', 'runs no nodes'));
}

/** Stands where a runner is asked for on a machine whose rows all run elsewhere: it knows the node types, and no engine process is started. */
export function catalogueOnly(catalogue: readonly NodeSchema[]): NodeRunner {
  return {
    catalogue: async () => catalogue,
    // Part of no key that anything here has: what is found in the output folder without a line in the journal is brought from the store again.
    deviceKey: async () => 'fleet',
    lookup: async () => 'missing',
    run: refuse, runMany: refuse, rowGroups: refuse, rowWidth: refuse, describe: refuse,
    release: async () => undefined,
    dispose: async () => undefined,
  };
}
