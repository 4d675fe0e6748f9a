import { join } from 'node:path';
import { AppError } from '../../contract/errors.ts';
import { DEVICE_IDS, type DeviceChoice, type DeviceId } from '../../contract/devices.ts';
import type { EngineStart } from '../../contract/engine-rpc.ts';
import type { NodeRunner } from '../runtime/node-runner.ts';
import type { EngineClient } from '../services/engine-client.ts';
import { startEngine } from './engine.ts';
import type { Workspace } from './workspace.ts';

/** How an engine must be set up to compute with a device key: provider, threads and plan decide the last bits of every number. */
type Setup = Pick<EngineStart, 'device' | 'threads' | 'plan'>;

const DEVICE_KEY = /^(\S+) onnxruntime-\S+ threads-([1-9]\d{0,3}) plan-(by-size|default|lean)(?:-\d+)?$/;

/** The set-up that a recorded device key names; undefined for keys of other programs. */
export function setupOf(deviceKey: string): Setup | undefined {
  const match = DEVICE_KEY.exec(deviceKey);
  if (match === null) return undefined;
  const [, id, threads, plan] = match as unknown as [string, string, string, NonNullable<Setup['plan']>];
  if (!(DEVICE_IDS as readonly string[]).includes(id) || Number(threads) > 1024) return undefined;
  return { device: id as DeviceId, threads: Number(threads), plan };
}

/** Engines for verifying, one per set-up, used for all files. They share no cache with the user's own runs: everything is computed again. */
export class VerifyEngines {
  private readonly engines = new Map<string, EngineClient>();
  /** Device keys that this machine can't compute with. */
  private readonly absent = new Set<string>();

  /** @param chosen `--device`: takes the place of what files record. */
  constructor(private readonly workspace: Workspace, private readonly chosen: DeviceChoice | undefined, private readonly folder: string, private readonly onOutput: (text: string) => void) {}

  /** The engine for what a file records; where this machine has no such device, its usual one. */
  async runnerFor(recorded: string | null): Promise<NodeRunner> {
    const setup = this.chosen === undefined && recorded !== null ? setupOf(recorded) : undefined;
    if (recorded === null || setup === undefined || this.absent.has(recorded)) return this.engine({ device: this.chosen ?? this.workspace.settings.device });
    const engine = this.engine(setup);
    try {
      await engine.deviceKey();
      return engine;
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.data.code !== 'device.unavailable') throw thrown;
      this.absent.add(recorded);
      return this.runnerFor(recorded);
    }
  }

  async dispose(): Promise<void> {
    for (const engine of this.engines.values()) await engine.dispose();
  }

  private engine(setup: Setup): EngineClient {
    const name = JSON.stringify(setup);
    const known = this.engines.get(name) ?? startEngine(this.workspace, setup.device, this.onOutput, { ...setup, cacheFolder: join(this.folder, 'cache'), cacheLimit: 0 });
    this.engines.set(name, known);
    return known;
  }
}
