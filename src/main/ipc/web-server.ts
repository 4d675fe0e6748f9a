import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { runError, toErrorData } from '../../contract/errors.ts';
import { toStudioSchema, type FromStudio, type StudioAnswer, type StudioEvent } from '../../contract/studio-api.ts';
import type { PageFile } from './page-files.ts';
import { PAGE_HEADERS } from './page-policy.ts';

export interface WebServerOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** What a window must know to be let in. */
  readonly token: string;
  readonly files: ReadonlyMap<string, PageFile>;
  readonly answer: (name: string, input: unknown) => Promise<StudioAnswer>;
  /** After how many milliseconds somebody who opens a connection and says nothing is hung up on; 10 s when left out. */
  readonly silence?: number;
}

/** The studio on a port. */
export interface WebServer {
  /** With the token: who knows it may do what a person at this machine may do in the studio. */
  readonly url: string;
  readonly port: number;
  broadcast(event: StudioEvent): void;
  close(): Promise<void>;
}

/** Largest message of a window: a graph with a picture in it. */
const MAX_MESSAGE_BYTES = 96 * 1024 * 1024;
/** A window that doesn't keep up misses previews, never events that change a state. */
const SLOW_BYTES = 8 * 1024 * 1024;
/** A window that has not taken this much has stopped: it is hung up on, connects again when it can, and asks anew for what it shows. */
const STUCK_BYTES = 256 * 1024 * 1024;
/** Connections at a time, of windows and of whoever knocks: a flood must not use up the program's file handles. */
const MOST_CONNECTIONS = 256;
const SILENCE_MS = 10_000;
const SOCKET_PATH = '/studio';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const inUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** Every address and the name of this machine, which `0.0.0.0` and `::` stand for; those that others reach come first. */
function ownNames(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []).filter(({ scopeid }) => (scopeid ?? 0) === 0);
  return [...addresses.filter(({ internal }) => !internal), ...addresses.filter(({ internal }) => internal)].map(({ address }) => inUrl(address)).concat(hostname().toLowerCase());
}

const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::';

/** Addresses at which the server may be spoken to: a name that only resolves to this machine (DNS rebinding) is none of them. */
function allowedHosts(host: string, port: number): ReadonlySet<string> {
  const names = ['127.0.0.1', 'localhost', '[::1]', ...(isWildcard(host) ? ownNames() : [inUrl(host).toLowerCase()])];
  return new Set(names.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`])));
}

/** Serves the page and its socket; every request is checked for host, every window for origin and token. */
class StudioServer {
  private readonly sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  private readonly server: Server;
  private hosts: ReadonlySet<string> = new Set();
  private readonly token: Buffer;

  constructor(private readonly options: WebServerOptions) {
    this.token = digest(options.token);
    const silence = options.silence ?? SILENCE_MS;
    this.server = createServer({ headersTimeout: silence, requestTimeout: 3 * silence, connectionsCheckingInterval: 1000 }, (request, response) => { this.serve(request, response); });
    this.server.maxConnections = MOST_CONNECTIONS;
    this.server.timeout = silence; // until it is a window's: sockets that were let in have no limit
    this.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => { this.upgrade(request, socket, head); });
  }

  async listen(): Promise<number> {
    const { host, port } = this.options;
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', (error) => { reject(runError('serve.listen', `${host}:${port}`, 'must be an address that can be listened on', { got: error.message, hint: 'Choose another with --port, or --port 0 for any' })); });
      this.server.listen(port, host, () => { resolve(); });
    });
    const bound = (this.server.address() as AddressInfo).port;
    this.hosts = allowedHosts(host, bound);
    return bound;
  }

  broadcast(event: StudioEvent): void {
    const text = JSON.stringify(event);
    const isPreview = event.event === 'run' && event.data.event.type === 'node-preview';
    for (const socket of this.sockets.clients) {
      if (socket.readyState !== socket.OPEN || (isPreview && socket.bufferedAmount > SLOW_BYTES)) continue;
      if (socket.bufferedAmount > STUCK_BYTES) socket.terminate();
      else socket.send(text);
    }
  }

  async close(): Promise<void> {
    for (const socket of this.sockets.clients) socket.terminate();
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => { this.server.close(() => { resolve(); }); });
  }

  private serve(request: IncomingMessage, response: ServerResponse): void {
    const refuse = (status: number, text: string): void => {
      response.writeHead(status, { ...PAGE_HEADERS, 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
    };
    if (!this.isAllowedHost(request)) return refuse(403, 'This address is not one of the studio.');
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405, 'Only GET is answered.');
    const url = this.urlOf(request);
    const file = url === undefined ? undefined : this.options.files.get(url.pathname);
    if (url === undefined || file === undefined) return refuse(404, 'There is nothing here.');
    const isPage = file.type.startsWith('text/html');
    if (isPage && !this.isToken(url.searchParams.get('token'))) return refuse(403, 'Open the address that `engram serve` has printed: it ends in a token.');
    response.writeHead(200, { ...PAGE_HEADERS, 'Content-Type': file.type, 'Content-Length': file.bytes.byteLength });
    response.end(request.method === 'HEAD' ? undefined : file.bytes);
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refuse = (status: string): void => { socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`); };
    socket.on('error', () => undefined); // a peer that goes away while it is refused
    const url = this.urlOf(request);
    if (!this.isAllowedHost(request) || !this.isAllowedOrigin(request)) return refuse('403 Forbidden');
    if (url?.pathname !== SOCKET_PATH) return refuse('404 Not Found');
    if (!this.isToken(url.searchParams.get('token'))) return refuse('401 Unauthorized');
    this.sockets.handleUpgrade(request, socket, head, (window) => { this.accept(window); });
  }

  private accept(window: WebSocket): void {
    window.on('error', () => undefined); // followed by 'close'
    window.on('message', (data, isBinary) => {
      if (isBinary) return window.close(1003, 'JSON only');
      void this.receive(window, (data as Buffer).toString('utf8'));
    });
  }

  private async receive(window: WebSocket, text: string): Promise<void> {
    const send = (message: FromStudio): void => { if (window.readyState === window.OPEN) window.send(JSON.stringify(message)); };
    let parsed;
    try {
      parsed = toStudioSchema.safeParse(JSON.parse(text));
    } catch {
      return window.close(1007, 'JSON only');
    }
    // Without an id there is nobody to answer: page and program are of different builds.
    if (!parsed.success) return window.close(1008, 'messages must fit the contract');
    const { id, call, input } = parsed.data;
    try {
      send({ id, answer: await this.options.answer(call, input) });
    } catch (error) {
      send({ id, answer: { ok: false, errors: [toErrorData(error)] } }); // an answer that JSON can't say
    }
  }

  private isAllowedHost({ headers }: IncomingMessage): boolean {
    return headers.host !== undefined && this.hosts.has(headers.host.toLowerCase());
  }

  /** Browsers send the page's origin with every socket; what sends none is no window of ours. */
  private isAllowedOrigin({ headers }: IncomingMessage): boolean {
    const match = /^http:\/\/([^/]+)$/.exec(headers.origin ?? '');
    return match !== null && match[1] === headers.host && this.hosts.has((match[1] as string).toLowerCase());
  }

  private isToken(given: string | null): boolean {
    return given !== null && timingSafeEqual(digest(given), this.token);
  }

  private urlOf({ url }: IncomingMessage): URL | undefined {
    try {
      return new URL(url ?? '', 'http://studio.invalid');
    } catch {
      return undefined;
    }
  }
}

/** Starts the server. @throws AppError `serve.listen`. */
export async function startWebServer(options: WebServerOptions): Promise<WebServer> {
  const server = new StudioServer(options);
  const port = await server.listen();
  const host = isWildcard(options.host) ? (ownNames()[0] ?? 'localhost') : inUrl(options.host);
  return {
    port, url: `http://${host}:${port}/?token=${encodeURIComponent(options.token)}`,
    broadcast: (event) => { server.broadcast(event); },
    close: () => server.close(),
  };
}
