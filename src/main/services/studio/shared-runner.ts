import type { DeviceProbe } from '../../../contract/devices.ts';
import type { ErrorData } from '../../../contract/errors.ts';
import type { NodeSchema } from '../../../contract/node.ts';
import type { PortTypeName } from '../../../contract/port-types.ts';
import { Holds } from '../../runtime/holds.ts';
import type { NodeEvent, NodeRunner, NodeRunRequest } from '../../runtime/node-runner.ts';

/** Awaited before each node of a run; it may hold the run back. */
export type BeforeNode = (request: NodeRunRequest, signal: AbortSignal) => Promise<void>;

/**
 * One engine for several users at once: a run, a dry run, an inspector. What one of them needs is dropped only when none of the others does.
 */
export class SharedRunner {
  private readonly holds = new Holds<NodeRunner>();

  /** @param catalogue The engine's node types. */
  constructor(private readonly runner: NodeRunner, readonly catalogue: readonly NodeSchema[]) {}

  /** The engine as one user sees it. `dispose` lets go of everything that this user holds; the engine goes on. */
  open(before: BeforeNode = async () => undefined): NodeRunner {
    const { runner, holds, catalogue } = this;
    const view: NodeRunner = {
      catalogue: async () => catalogue,
      deviceKey: () => runner.deviceKey(),
      rowGroups: (requests) => runner.rowGroups(requests),
      rowWidth: (request, budget) => runner.rowWidth(request, budget),
      async lookup(key: string, outputs: Readonly<Record<string, PortTypeName>>) {
        const found = await runner.lookup(key, outputs);
        if (found !== 'missing') holds.add(view, key);
        return found;
      },
      async run(request: NodeRunRequest, onEvent: (event: NodeEvent) => void, signal: AbortSignal) {
        await before(request, signal);
        holds.add(view, request.contentKey);
        await runner.run(request, onEvent, signal);
      },
      async runMany(requests: readonly NodeRunRequest[], onEvent: (row: number, event: NodeEvent) => void, signal: AbortSignal): Promise<readonly (ErrorData | undefined)[]> {
        for (const request of requests) {
          await before(request, signal);
          holds.add(view, request.contentKey);
        }
        return runner.runMany(requests, onEvent, signal);
      },
      describe: (handle, type) => runner.describe(handle, type),
      release: (keys) => runner.release(holds.drop(view, keys)),
      dispose: () => runner.release(holds.dropAll(view)),
    };
    return view;
  }
}

/** What only an engine process of our own can tell. */
export interface EngineFacts {
  /** Bytes that the engine process has in memory. */
  residentBytes(): Promise<number>;
  probeDevices(): Promise<readonly DeviceProbe[]>;
}
