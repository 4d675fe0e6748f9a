import type { AskedPrompt } from '../../contract/asked-prompt.ts';
import { AppError, cancelledError, internalError, type ErrorData } from '../../contract/errors.ts';
import { ENGINE_METHODS, fromEngineSchema, type EngineArgs, type EngineMethod, type EngineResult, type EngineStart, type ToEngine } from '../../contract/engine-rpc.ts';
import type { DeviceProbe, MemoryReport } from '../../contract/devices.ts';
import type { NodeSchema } from '../../contract/node.ts';
import type { PortTypeName } from '../../contract/port-types.ts';
import type { TriggerReport } from '../../contract/studio-api.ts';
import type { ValueDescription } from '../../contract/value-description.ts';
import type { NodeEvent, NodeRunner, NodeRunRequest, RowGroup, ValueHandle } from '../runtime/node-runner.ts';
import type { EngineProcess, ProcessExit } from './message-port.ts';

export interface EngineClientOptions {
  /** Starts an engine process. Called again after one has died. */
  readonly spawn: () => EngineProcess;
  readonly start: EngineStart;
  /** First wait before a new start, in milliseconds; doubled with every death in a row. */
  readonly backoff?: number;
}

const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 10_000;
const SHUTDOWN_MS = 5000;

/** What is likely, by the signal that ended the process. */
const SIGNAL_HINTS: Readonly<Record<string, string>> = {
  SIGKILL: 'The system may have run out of memory: use a smaller size or batch, or close other programs',
  SIGABRT: 'ONNX Runtime or a graphics driver gave up: try --device cpu, or a smaller size',
  SIGSEGV: 'ONNX Runtime or a graphics driver crashed: try --device cpu, and check the model files',
  SIGBUS: 'A model file became shorter while it was used, or its disk is gone',
  SIGILL: 'This processor lacks instructions that ONNX Runtime needs',
};

interface PendingCall {
  readonly method: EngineMethod;
  /** For the message when the engine dies meanwhile. */
  readonly where: string;
  readonly nodeId: string | undefined;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: AppError) => void;
  readonly onEvent: ((event: NodeEvent, row: number) => void) | undefined;
}

interface CallContext {
  readonly where?: string;
  readonly nodeId?: string;
  readonly onEvent?: (event: NodeEvent, row: number) => void;
  readonly signal?: AbortSignal;
}

/** One life of the engine process, from start to exit. */
class Connection {
  private readonly pending = new Map<number, PendingCall>();
  private nextId = 0;
  private death: ErrorData | undefined;

  constructor(private readonly process: EngineProcess, private readonly onSuccess: () => void, onDeath: () => void) {
    process.onMessage((message) => this.receive(message));
    process.onExit((exit) => {
      this.death ??= describeDeath(exit, process.errorTail());
      onDeath();
      for (const call of [...this.pending.values()]) call.reject(this.deathOf(call));
      this.pending.clear();
    });
  }

  get alive(): boolean {
    return this.death === undefined;
  }

  call<M extends EngineMethod>(method: M, args: EngineArgs<M>, context: CallContext = {}): Promise<EngineResult<M>> {
    const { where = 'Engine process', nodeId, onEvent, signal } = context;
    const id = this.nextId;
    this.nextId += 1;
    const cancel = (): void => this.send({ kind: 'cancel', id });
    const answer = new Promise<unknown>((resolve, reject) => {
      const call: PendingCall = { method, where, nodeId, resolve, reject, onEvent };
      if (this.death !== undefined) return reject(this.deathOf(call));
      this.pending.set(id, call);
      this.send({ kind: 'call', id, method, args: [...args] });
    });
    signal?.addEventListener('abort', cancel, { once: true });
    return answer.finally(() => signal?.removeEventListener('abort', cancel)) as Promise<EngineResult<M>>;
  }

  kill(): void {
    this.process.kill();
  }

  /** Settles once the process is gone. */
  exited(): Promise<void> {
    return new Promise((resolve) => this.process.onExit(() => resolve()));
  }

  private send(message: ToEngine): void {
    if (this.alive) this.process.send(message);
  }

  private receive(message: unknown): void {
    const parsed = fromEngineSchema.safeParse(message);
    if (!parsed.success) {
      // Main and engine are of different builds: nothing that this engine says can be relied on.
      this.death ??= internalError('engine.message', 'Engine process', 'messages must fit the contract', { got: parsed.error.message }).data;
      return this.process.kill();
    }
    const call = this.pending.get(parsed.data.id);
    if (call === undefined) return; // it was rejected when its run ended otherwise
    const { data } = parsed;
    if (data.kind === 'event') return call.onEvent?.(data.event, data.row ?? 0);
    this.pending.delete(data.id);
    if (data.kind === 'error') return call.reject(new AppError(data.error));
    const result = ENGINE_METHODS[call.method].result.safeParse(data.value);
    if (!result.success) return call.reject(internalError('engine.result', `Engine method ${call.method}`, 'results must fit the contract', { got: result.error.message }));
    this.onSuccess();
    call.resolve(result.data);
  }

  private deathOf(call: PendingCall): AppError {
    return new AppError({ ...(this.death as ErrorData), where: call.where, ...(call.nodeId === undefined ? {} : { nodeId: call.nodeId }) });
  }
}

function provenanceMessage({ nodes, files, ...rest }: NodeRunRequest['provenance']): EngineArgs<'run'>[0]['provenance'] {
  return { ...rest, files: [...files], nodes: Object.fromEntries(Object.entries(nodes).map(([id, node]) => [id, { ...node, params: { ...node.params } }])) };
}

/** A request as plain, writable data. */
function toMessage(request: NodeRunRequest): EngineArgs<'run'>[0] {
  const inputs = Object.fromEntries(Object.entries(request.inputs).map(([name, handles]) => [name, [...handles]]));
  return { ...request, params: { ...request.params }, inputs, provenance: provenanceMessage(request.provenance) };
}

/** Why the engine died, as far as it can be known. */
function describeDeath({ code, signal }: ProcessExit, tail: string): ErrorData {
  const how = signal !== null ? `ended by ${signal}` : code === null ? 'it could not be started' : `exit code ${code}`;
  const hint = signal === null ? undefined : SIGNAL_HINTS[signal];
  return {
    code: 'engine.died', kind: 'run', where: 'Engine process', rule: 'the engine process must stay alive',
    got: tail === '' ? how : `${how}; it last wrote: ${tail.slice(-1500)}`, ...(hint === undefined ? {} : { hint }),
  };
}

/** Runs nodes in an engine process of their own, which is started when it is needed and again after it has died. */
export class EngineClient implements NodeRunner {
  private connection: Promise<Connection> | undefined;
  /** Deaths in a row with nothing done between. */
  private deaths = 0;
  private disposed = false;

  constructor(private readonly options: EngineClientOptions) {}

  /** How often the engine has died since it last did something. */
  get deathsInARow(): number {
    return this.deaths;
  }

  async catalogue(): Promise<readonly NodeSchema[]> {
    return (await this.connect()).call('catalogue', []);
  }

  async deviceKey(): Promise<string> {
    return (await this.connect()).call('deviceKey', [], { where: `Device "${this.options.start.device}"` });
  }

  async lookup(key: string, outputs: Readonly<Record<string, PortTypeName>>): Promise<'memory' | 'disk' | 'missing'> {
    return (await this.connect()).call('lookup', [key, { ...outputs }]);
  }

  async run(request: NodeRunRequest, onEvent: (event: NodeEvent) => void, signal: AbortSignal): Promise<void> {
    const { where, nodeId } = request;
    const connection = await this.connect();
    if (signal.aborted) throw cancelledError(where);
    await connection.call('run', [toMessage(request)], { where, nodeId, onEvent: (event) => onEvent(event), signal });
  }

  async runMany(requests: readonly NodeRunRequest[], onEvent: (row: number, event: NodeEvent) => void, signal: AbortSignal): Promise<readonly (ErrorData | undefined)[]> {
    const where = requests.length === 1 ? (requests[0]?.where ?? '') : `${requests[0]?.where ?? ''} and ${requests.length - 1} more`;
    const connection = await this.connect();
    if (signal.aborted) throw cancelledError(where);
    const errors = await connection.call('runMany', [requests.map(toMessage)], { where, onEvent: (event, row) => onEvent(row, event), signal });
    return errors;
  }

  async rowGroups(requests: readonly NodeRunRequest[]): Promise<readonly RowGroup[]> {
    return (await this.connect()).call('rowGroups', [requests.map(toMessage)]);
  }

  async rowWidth(request: NodeRunRequest, budget?: number): Promise<number> {
    const { where, nodeId } = request;
    return (await this.connect()).call('rowWidth', [toMessage(request), budget], { where, nodeId });
  }

  async describe(handle: ValueHandle, type: PortTypeName): Promise<ValueDescription> {
    return (await (await this.connect()).call('describe', [{ ...handle }, type]));
  }

  async release(keys: readonly string[]): Promise<void> {
    // After a death there is nothing left to release.
    const connection = await this.connection?.catch(() => undefined);
    if (connection?.alive === true) await connection.call('release', [[...keys]]);
  }

  /** What works on this machine. */
  async probeDevices(): Promise<readonly DeviceProbe[]> {
    return (await this.connect()).call('probeDevices', []);
  }

  /** What text encoders with their tables do to prompts. */
  async explainPrompts(handle: ValueHandle, prompts: readonly AskedPrompt[]): Promise<TriggerReport> {
    return (await this.connect()).call('explainPrompts', [{ ...handle }, [...prompts]]);
  }

  /** Memory of the engine process. */
  async memory(): Promise<MemoryReport> {
    return (await this.connect()).call('memory', []);
  }

  /** Ends the engine: politely, then by force. */
  async dispose(): Promise<void> {
    this.disposed = true;
    const connection = await this.connection?.catch(() => undefined);
    if (connection?.alive !== true) return;
    const timer = setTimeout(() => connection.kill(), SHUTDOWN_MS);
    // Its answer may be lost when the process ends at once: what counts is that it ends.
    connection.call('shutdown', []).catch(() => undefined);
    await connection.exited();
    clearTimeout(timer);
  }

  private async connect(): Promise<Connection> {
    if (this.disposed) throw internalError('engine.disposed', 'Engine process', 'must not be asked for after it was ended');
    const opening = (this.connection ??= this.open());
    try {
      const connection = await opening;
      if (connection.alive) return connection;
    } catch (error) {
      this.forget(opening);
      throw error;
    }
    this.forget(opening);
    return this.connect();
  }

  /** Makes the next call start an engine anew, unless another call has done so already: two engines at a time would leave one that nobody ends. */
  private forget(opening: Promise<Connection>): void {
    if (this.connection === opening) this.connection = undefined;
  }

  private async open(): Promise<Connection> {
    if (this.deaths > 0) {
      const wait = Math.min(LONGEST_BACKOFF_MS, (this.options.backoff ?? FIRST_BACKOFF_MS) * 2 ** (this.deaths - 1));
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    let ready = false;
    const connection = new Connection(this.options.spawn(), () => { if (ready) this.deaths = 0; }, () => { this.deaths += 1; });
    try {
      await connection.call('start', [this.options.start as EngineArgs<'start'>[0]]);
      ready = true;
    } catch (error) {
      connection.kill();
      throw error;
    }
    return connection;
  }
}
