import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';

/** Time for a server to answer; reading back an append-only file takes some of it. */
const READY_MS = 20_000;

/** Why there can be no real Redis here, or undefined when there can. */
export function whyNoRedis(): string | undefined {
  const found = spawnSync('redis-server', ['--version'], { encoding: 'utf8' });
  return found.status === 0 ? undefined : 'redis-server is not installed (Debian: apt-get install redis-server)';
}

export interface RedisServerOptions {
  /** Folder for its files. */
  readonly folder: string;
  /** More settings as on its command line: `['--requirepass', 'secret']`. */
  readonly settings?: readonly string[];
  /** What keeps the queue: on unless said otherwise. */
  readonly appendOnly?: boolean;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

/** A real Redis of one's own on a free loopback port, with files in a given folder. */
export class RedisServer {
  private child: ChildProcess | undefined;

  private constructor(readonly port: number, private readonly options: RedisServerOptions) {}

  /** Starts one. @throws Error with its last words when it doesn't come up. */
  static async start(options: RedisServerOptions): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), options);
    await server.restart();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Process number. */
  get pid(): number {
    return this.child?.pid as number;
  }

  /** Starts it again after it has ended, with the files that it left. */
  async restart(): Promise<void> {
    const { folder, settings = [], appendOnly = true } = this.options;
    mkdirSync(folder, { recursive: true });
    const tls = settings.includes('--tls-port');
    const args = ['--bind', '127.0.0.1', '--port', tls ? '0' : String(this.port), '--dir', folder, '--save', '', '--appendonly', appendOnly ? 'yes' : 'no', '--appendfsync', 'everysec', '--daemonize', 'no'];
    const child = spawn('redis-server', [...args, ...settings.map((text) => text.replace('PORT', String(this.port)))], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    let words = '';
    let ended = false;
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => { words = (words + text.toString()).slice(-2000); });
    child.on('exit', () => { ended = true; });
    for (const until = Date.now() + READY_MS; Date.now() < until && !ended;) {
      if (words.includes('Ready to accept connections') && (await accepts(this.port))) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    child.kill('SIGKILL');
    throw new Error(`redis-server in ${join(folder, '')} did not come up: ${words.trim().split('\n').slice(-3).join(' | ')}`);
  }

  /** Ends it as a power cut of its process would. */
  kill(): Promise<void> {
    return this.end('SIGKILL');
  }

  /** Ends it properly. */
  stop(): Promise<void> {
    return this.end('SIGTERM');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => { child.once('exit', resolve); });
    child.kill(signal);
    await gone;
  }
}
