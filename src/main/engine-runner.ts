import { join } from 'node:path';
import { nodeDefinitions } from '../../nodes/index.ts';
import { valueCodecs } from '../../nodes/codecs/index.ts';
import { LatentColorCache } from '../../nodes/latent-colors.ts';
import { TextStateCache } from '../../nodes/text-states.ts';
import type { AskedPrompt } from '../contract/asked-prompt.ts';
import { describeError, internalError } from '../contract/errors.ts';
import type { SessionProvider } from './core/session.ts';
import { chooseDevice, probeDevices } from './engine/devices.ts';
import { readMemory } from './engine/memory.ts';
import { createSessionProvider, defaultMemoryBudget, type EngineSessions } from './engine/sessions.ts';
import { nodeServicesFor } from './node-services.ts';
import { explainPrompts } from './prompt-inspection.ts';
import { NodeHost } from './runtime/node-host.ts';
import { NodeRegistry } from './runtime/node-registry.ts';
import type { ValueHandle } from './runtime/node-runner.ts';
import { ValueStore } from './runtime/value-store.ts';
import { DiskCache } from './services/disk-cache.ts';
import type { EngineRunner, EngineSetup } from './services/engine-server.ts';
import { FileHashes } from './services/file-hashes.ts';
import { removeWork, sweepWork } from './services/node-files.ts';

/** Sessions that are made, and the native library loaded, when the first one is asked for. */
class LazySessions implements SessionProvider {
  private made: Promise<EngineSessions> | undefined;
  private key: string | undefined;

  constructor(private readonly setup: EngineSetup) {}

  /** @throws AppError internal before {@link open}; nodes that use the device run after it was chosen. */
  get deviceKey(): string {
    if (this.key === undefined) throw internalError('session.no-device', 'Sessions', 'the device must be chosen before its key is asked for');
    return this.key;
  }

  async acquire(...[request]: Parameters<SessionProvider['acquire']>): ReturnType<SessionProvider['acquire']> {
    return (await this.open()).acquire(request);
  }

  async estimate(...[request]: Parameters<SessionProvider['estimate']>): Promise<number> {
    return (await this.open()).estimate(request);
  }

  /** Chooses the device and makes the provider, once; after a failure the next call tries again. */
  async open(): Promise<EngineSessions> {
    this.made ??= this.make();
    try {
      return await this.made;
    } catch (error) {
      this.made = undefined;
      throw error;
    }
  }

  async dispose(): Promise<void> {
    await (await this.made?.catch(() => undefined))?.dispose();
  }

  private async make(): Promise<EngineSessions> {
    const { device, threads, plan, sessionMemory } = this.setup;
    const sessions = await createSessionProvider({
      device: await chooseDevice(device), plan, ...(threads === undefined ? {} : { threads }), ...(sessionMemory === undefined ? {} : { memoryBudget: sessionMemory }),
    });
    this.key = sessions.deviceKey;
    return sessions;
  }
}

/** Text states that are kept, in bytes: about 1,100 prompts of Stable Diffusion 1.5 (77 x 768 floats), 50 of Stable Diffusion 3 with T5 (77 x 2,048 and 256 x 4,096 floats). */
const TEXT_STATE_BYTES = 256 * 1024 * 1024;

/** Everything that runs nodes, put together: what the engine process serves. */
export async function createEngineRunner(setup: EngineSetup): Promise<EngineRunner> {
  const sessions = new LazySessions(setup);
  const textStates = new TextStateCache(sessions, TEXT_STATE_BYTES);
  const latentColors = new LatentColorCache(sessions);
  const hashes = new FileHashes(join(setup.cacheFolder, 'hashes'));
  const workFolder = join(setup.cacheFolder, 'work');
  const disk = new DiskCache({ folder: join(setup.cacheFolder, 'values'), limit: setup.cacheLimit, onWriteFailure: (error) => process.stderr.write(`cache: ${describeError(error.data)}\n`) });
  await sweepWork(workFolder);
  const store = new ValueStore(valueCodecs, disk, setup.valueMemory);
  const host = new NodeHost({
    registry: new NodeRegistry(nodeDefinitions),
    store,
    servicesFor: async (request) => nodeServicesFor(request, { sessions, textStates, latentColors, hashes, workFolder }),
    deviceKey: async () => (await sessions.open()).deviceKey,
    rowMemory: () => setup.sessionMemory ?? defaultMemoryBudget(),
    onKept: ({ contentKey }) => removeWork(workFolder, contentKey),
    dispose: () => sessions.dispose(),
  });
  return Object.assign(host, {
    probeDevices: () => probeDevices(),
    memory: () => readMemory(),
    explainPrompts: ({ key, port }: ValueHandle, prompts: readonly AskedPrompt[]) => explainPrompts(store.get(key, port), prompts, textStates),
  });
}
