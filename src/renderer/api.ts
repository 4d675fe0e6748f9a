import { internalError, runError } from '../contract/errors.ts';
import {
  STUDIO_CALLS, STUDIO_EVENTS, StudioError, fromStudioSchema, studioAnswerSchema, studioEventSchema,
  type StudioBridge, type StudioCallName, type StudioEventData, type StudioEventName, type StudioInput, type StudioOutput,
} from '../contract/studio-api.ts';

/** Whether the window hears from the studio. */
export type StudioConnection = 'connecting' | 'open' | 'closed';

/** The studio as a window speaks to it. */
export interface StudioClient {
  /** @throws StudioError with every fault that the studio told; an AppError `studio.gone` when the connection is lost. */
  call<N extends StudioCallName>(name: N, input: StudioInput<N>): Promise<StudioOutput<N>>;
  /** @returns what ends listening. */
  on<N extends StudioEventName>(event: N, listener: (data: StudioEventData<N>) => void): () => void;
  /** Told at once and on every change. After a lost connection has come back, ask anew for what is shown. */
  onConnection(listener: (state: StudioConnection) => void): () => void;
}

type Listeners = { readonly [N in StudioEventName]: Set<(data: StudioEventData<N>) => void> };

/** Hands events, once checked, to those who listen. */
class Events {
  private readonly listeners = Object.fromEntries(Object.keys(STUDIO_EVENTS).map((name) => [name, new Set()])) as unknown as Listeners;

  on<N extends StudioEventName>(event: N, listener: (data: StudioEventData<N>) => void): () => void {
    this.listeners[event].add(listener);
    return () => void this.listeners[event].delete(listener);
  }

  receive(message: unknown): void {
    const { event, data } = studioEventSchema.parse(message);
    const checked = STUDIO_EVENTS[event].parse(data) as never;
    for (const listener of this.listeners[event]) listener(checked);
  }
}

function readAnswer<N extends StudioCallName>(name: N, raw: unknown): StudioOutput<N> {
  const answer = studioAnswerSchema.parse(raw);
  if (!answer.ok) throw new StudioError(answer.errors);
  const value = STUDIO_CALLS[name].output.safeParse(answer.value);
  if (!value.success) throw internalError('studio.result', `Studio call ${name}`, 'answers must fit the contract', { got: value.error.message.slice(0, 500) });
  return value.data as StudioOutput<N>;
}

/** Speaks through the preload script of the desktop shell. */
export function connectBridge(bridge: StudioBridge): StudioClient {
  const events = new Events();
  bridge.onEvent((message) => { events.receive(message); });
  return {
    call: async (name, input) => readAnswer(name, await bridge.call(name, input)),
    on: (event, listener) => events.on(event, listener),
    onConnection: (listener) => {
      listener('open');
      return () => undefined;
    },
  };
}

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;

/** Speaks over a socket, and connects again when it is lost. */
class SocketClient implements StudioClient {
  private readonly events = new Events();
  private readonly waiting = new Map<number, Waiting>();
  private readonly watchers = new Set<(state: StudioConnection) => void>();
  private socket: WebSocket;
  private nextId = 0;
  private failures = 0;
  private state: StudioConnection = 'connecting';

  constructor(private readonly address: string) {
    this.socket = this.open();
  }

  async call<N extends StudioCallName>(name: N, input: StudioInput<N>): Promise<StudioOutput<N>> {
    await this.opened();
    const id = this.nextId;
    this.nextId += 1;
    const answer = await new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.socket.send(JSON.stringify({ id, call: name, input }));
    });
    return readAnswer(name, answer);
  }

  on<N extends StudioEventName>(event: N, listener: (data: StudioEventData<N>) => void): () => void {
    return this.events.on(event, listener);
  }

  onConnection(listener: (state: StudioConnection) => void): () => void {
    this.watchers.add(listener);
    listener(this.state);
    return () => void this.watchers.delete(listener);
  }

  /** Settles once the socket is open. */
  private opened(): Promise<void> {
    if (this.state === 'open') return Promise.resolve();
    if (this.state === 'closed') return Promise.reject(gone());
    return new Promise((resolve, reject) => {
      const end = this.onConnection((state) => {
        if (state === 'connecting') return;
        queueMicrotask(() => end());
        if (state === 'open') resolve();
        else reject(gone());
      });
    });
  }

  private open(): WebSocket {
    const socket = new WebSocket(this.address);
    socket.addEventListener('open', () => {
      this.failures = 0;
      this.enter('open');
    });
    socket.addEventListener('message', ({ data }) => { this.receive(String(data)); });
    socket.addEventListener('close', () => { this.lost(); });
    return socket;
  }

  private lost(): void {
    this.enter('closed');
    for (const { reject } of this.waiting.values()) reject(gone());
    this.waiting.clear();
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.failures);
    this.failures += 1;
    setTimeout(() => {
      this.enter('connecting');
      this.socket = this.open();
    }, wait);
  }

  private enter(state: StudioConnection): void {
    this.state = state;
    for (const watcher of [...this.watchers]) watcher(state);
  }

  private receive(text: string): void {
    const message = fromStudioSchema.parse(JSON.parse(text));
    if ('event' in message) return this.events.receive(message);
    this.waiting.get(message.id)?.resolve(message.answer);
    this.waiting.delete(message.id);
  }
}

function gone(): Error {
  return runError('studio.gone', 'Engram Studio', 'the connection to the program was lost', { hint: 'Is `engram serve` still running? The window connects again by itself' });
}

/** The studio behind this window: the desktop shell's, else the one that served the page, whose address holds the token. */
export function connectStudio(): StudioClient {
  const { engram } = globalThis as { engram?: StudioBridge };
  if (engram !== undefined) return connectBridge(engram);
  const { protocol, host, search } = window.location;
  const token = new URLSearchParams(search).get('token') ?? '';
  return new SocketClient(`${protocol === 'https:' ? 'wss' : 'ws'}://${host}/studio?token=${encodeURIComponent(token)}`);
}
