import { Redis } from 'ioredis';
import { describeError, inputError, runError, type AppError, type ErrorData } from '../../../contract/errors.ts';
import type { RedisAddress } from './redis-address.ts';

/** How long the first connection may take. */
const FIRST_CONNECTION_MS = 5000;
const LONGEST_RETRY_MS = 2000;

/** Redis answers these when user, password or rights are wrong: waiting doesn't help. */
const REFUSED = /^(?:WRONGPASS|NOAUTH|NOPERM|ERR invalid password|ERR AUTH)/;
/** What the two sides of TLS say when they don't trust each other. */
const UNTRUSTED = /certificate|ssl alert/i;

/** What Redis must be set to, found out by INFO, which managed services allow where CONFIG is refused. */
export interface RedisReport {
  readonly version: string;
  readonly appendOnly: boolean;
  readonly evictionPolicy: string;
  readonly memoryBytes: number;
  /** 0 is no limit. */
  readonly memoryLimitBytes: number;
  /** What should be set otherwise, and how. */
  readonly warnings: readonly ErrorData[];
}

function connectionError(printable: string, cause: Error | undefined): AppError {
  const text = cause?.message ?? 'no answer';
  if (REFUSED.test(text)) {
    return inputError('fleet.access', `Redis ${printable}`, 'must accept this user and password', { got: text, hint: 'Give them in REDIS_USERNAME and REDIS_PASSWORD, or in the address' });
  }
  return runError('fleet.unreachable', `Redis ${printable}`, 'must be reachable', { got: text, hint: 'Is it running, and does it listen for this machine? With TLS the address begins with rediss://, and --tls-ca names the authority' });
}

/** Settles when the client is ready, or with why it isn't. */
function firstConnection(client: Redis, printable: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let last: Error | undefined;
    const fail = (): void => {
      client.disconnect();
      reject(connectionError(printable, last));
    };
    const timer = setTimeout(fail, FIRST_CONNECTION_MS);
    client.on('error', (error: Error) => {
      // Only the message is kept: the error object of a refused AUTH carries the command with the password.
      last = new Error(error.message);
      // A refused connection may be a server that is just starting; what it refuses to this user stays refused.
      if (REFUSED.test(error.message) || UNTRUSTED.test(error.message)) done(fail);
    });
    client.once('ready', () => done(resolve));
    const done = (settle: () => void): void => {
      clearTimeout(timer);
      settle();
    };
  });
}

/**
 * Connects to Redis. Once connected, a lost connection is made again for ever, and commands wait for it.
 * @throws AppError `fleet.unreachable`, `fleet.access`.
 */
export async function connectRedis(address: RedisAddress): Promise<Redis> {
  const client = new Redis({
    ...address.connect,
    maxRetriesPerRequest: null,
    connectTimeout: FIRST_CONNECTION_MS,
    retryStrategy: (times) => Math.min(LONGEST_RETRY_MS, 50 * 2 ** Math.min(times, 10)),
  });
  await firstConnection(client, address.printable);
  return client;
}

function fieldsOf(info: string): ReadonlyMap<string, string> {
  return new Map(info.split(/\r?\n/).filter((line) => line.includes(':')).map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
}

/**
 * Looks whether Redis keeps what it is told: without its append-only file a restart loses the queue, and with an eviction policy it drops jobs when memory is short.
 * @param where For messages: the address without its password.
 */
export async function inspectRedis(client: Redis, where: string): Promise<RedisReport> {
  const fields = fieldsOf(await client.info());
  const appendOnly = fields.get('aof_enabled') === '1';
  const evictionPolicy = fields.get('maxmemory_policy') ?? 'unknown';
  const warnings: ErrorData[] = [];
  if (!appendOnly) {
    warnings.push(inputError('fleet.redis-persistence', `Redis ${where}`, 'should have appendonly on: without it a restart loses the queue', { got: 'appendonly no', hint: 'Set "appendonly yes" in redis.conf, or run: redis-cli CONFIG SET appendonly yes' }).data);
  }
  if (evictionPolicy !== 'noeviction') {
    warnings.push(inputError('fleet.redis-eviction', `Redis ${where}`, 'should have maxmemory-policy noeviction: it drops jobs otherwise when memory is short', { got: evictionPolicy, hint: 'Set "maxmemory-policy noeviction" in redis.conf, or run: redis-cli CONFIG SET maxmemory-policy noeviction' }).data);
  }
  return {
    version: fields.get('redis_version') ?? 'unknown', appendOnly, evictionPolicy, warnings,
    memoryBytes: Number(fields.get('used_memory') ?? 0), memoryLimitBytes: Number(fields.get('maxmemory') ?? 0),
  };
}

/** Refuses a Redis that may lose what it is told. @throws AppError: the first of the report's warnings. */
export function refuseUnsafeRedis({ warnings }: RedisReport): void {
  const [first, ...others] = warnings;
  if (first === undefined) return;
  throw inputError(first.code, first.where, first.rule, { ...first, hint: [first.hint ?? '', ...others.map(describeError)].join('. ') });
}
