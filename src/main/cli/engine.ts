import { join } from 'node:path';
import type { DeviceChoice } from '../../contract/devices.ts';
import type { EngineStart } from '../../contract/engine-rpc.ts';
import { EngineClient } from '../services/engine-client.ts';
import { forkEngine } from '../services/fork-engine.ts';
import { programFolder, type Workspace } from './workspace.ts';

/** Starts the engine process when it is first needed. The caller disposes of it. `more` wins over the settings. */
export function startEngine({ settings }: Workspace, device: DeviceChoice | undefined, onOutput: (text: string) => void, more: Partial<EngineStart> = {}): EngineClient {
  const program = join(programFolder(), 'dist', 'engine-process.mjs');
  return new EngineClient({
    spawn: () => forkEngine(program, onOutput),
    start: {
      device: device ?? settings.device, cacheFolder: settings.cacheFolder, cacheLimit: settings.cacheLimit, valueMemory: settings.valueMemory,
      ...(settings.threads === undefined ? {} : { threads: settings.threads }),
      ...(settings.sessionMemory === undefined ? {} : { sessionMemory: settings.sessionMemory }),
      ...more,
    },
  });
}
