import { z } from 'zod';
import type { AskedPrompt } from '../../contract/asked-prompt.ts';
import { cancelledError, internalError, toErrorData } from '../../contract/errors.ts';
import { ENGINE_METHODS, toEngineSchema, type EngineArgs, type EngineMethod, type EngineResult, type FromEngine } from '../../contract/engine-rpc.ts';
import type { DeviceProbe, MemoryReport } from '../../contract/devices.ts';
import type { TriggerReport } from '../../contract/studio-api.ts';
import type { NodeRunner, ValueHandle } from '../runtime/node-runner.ts';
import type { MessagePort } from './message-port.ts';

/** What runs in the engine process: nodes, and what only it can tell. */
export interface EngineRunner extends NodeRunner {
  probeDevices(): Promise<readonly DeviceProbe[]>;
  memory(): Promise<MemoryReport>;
  /** @throws AppError when the handle names no text encoders that are held. */
  explainPrompts(handle: ValueHandle, prompts: readonly AskedPrompt[]): Promise<TriggerReport>;
}

/** The first message, checked and complete. */
export type EngineSetup = EngineArgs<'start'>[0];

interface Call {
  readonly id: number;
  readonly signal: AbortSignal;
}

type Handlers = { readonly [M in EngineMethod]: (args: EngineArgs<M>, call: Call) => Promise<EngineResult<M>> };

/** Answers calls on a port: the engine's end of the line. */
class EngineServer {
  private runner: EngineRunner | undefined;
  private readonly calls = new Map<number, AbortController>();

  constructor(private readonly port: MessagePort, private readonly create: (setup: EngineSetup) => Promise<EngineRunner>, private readonly onShutdown: () => void) {}

  async receive(message: unknown): Promise<void> {
    const parsed = toEngineSchema.safeParse(message);
    // Without an id there is nobody to answer: main and engine are of different builds.
    if (!parsed.success) throw internalError('engine.message', 'Engine process', 'messages must fit the contract', { got: z.prettifyError(parsed.error) });
    if (parsed.data.kind === 'cancel') this.calls.get(parsed.data.id)?.abort();
    else await this.answer(parsed.data.id, parsed.data.method, parsed.data.args);
  }

  private async answer(id: number, method: EngineMethod, args: readonly unknown[]): Promise<void> {
    const controller = new AbortController();
    this.calls.set(id, controller);
    try {
      this.send({ kind: 'result', id, value: await this.handle(method, args, { id, signal: controller.signal }) });
    } catch (error) {
      this.send({ kind: 'error', id, error: toErrorData(error, 'Engine process') });
    } finally {
      this.calls.delete(id);
      if (method === 'shutdown') this.onShutdown();
    }
  }

  private send(message: FromEngine): void {
    this.port.send(message);
  }

  private async handle<M extends EngineMethod>(method: M, args: readonly unknown[], call: Call): Promise<EngineResult<M>> {
    const parsed = ENGINE_METHODS[method].args.safeParse(args);
    if (!parsed.success) throw internalError('engine.arguments', `Engine method ${method}`, 'arguments must fit the contract', { got: z.prettifyError(parsed.error) });
    return this.handlers[method](parsed.data as EngineArgs<M>, call);
  }

  private started(): EngineRunner {
    if (this.runner === undefined) throw internalError('engine.not-started', 'Engine process', 'must be started before anything else is asked of it');
    return this.runner;
  }

  private readonly handlers: Handlers = {
    start: async ([setup]) => {
      if (this.runner !== undefined) throw internalError('engine.started-twice', 'Engine process', 'must be started once');
      this.runner = await this.create(setup);
      return undefined;
    },
    catalogue: async () => [...(await this.started().catalogue())],
    deviceKey: () => this.started().deviceKey(),
    lookup: ([key, outputs]) => this.started().lookup(key, outputs),
    run: async ([request], { id, signal }) => {
      if (signal.aborted) throw cancelledError(request.where);
      await this.started().run(request, (event) => this.send({ kind: 'event', id, event }), signal);
      return undefined;
    },
    runMany: async ([requests], { id, signal }) => [...(await this.started().runMany(requests, (row, event) => this.send({ kind: 'event', id, event, row }), signal))],
    rowGroups: async ([requests]) => [...(await this.started().rowGroups(requests))],
    rowWidth: ([request, budget]) => this.started().rowWidth(request, budget),
    describe: ([handle, type]) => this.started().describe(handle, type) as Promise<EngineResult<'describe'>>,
    release: async ([keys]) => {
      await this.started().release(keys);
      return undefined;
    },
    probeDevices: async () => [...(await this.started().probeDevices())],
    memory: () => this.started().memory(),
    explainPrompts: ([handle, prompts]) => this.started().explainPrompts(handle, prompts),
    shutdown: async () => {
      for (const [, controller] of this.calls) controller.abort();
      await this.runner?.dispose();
      return undefined;
    },
  };
}

/**
 * Serves a runner on a port until it is shut down.
 * @param create Makes the runner from the first message.
 * @param onShutdown Called after the answer to `shutdown` was sent.
 */
export function serveEngine(port: MessagePort, create: (setup: EngineSetup) => Promise<EngineRunner>, onShutdown: () => void): void {
  const server = new EngineServer(port, create, onShutdown);
  port.onMessage((message) => void server.receive(message));
}
