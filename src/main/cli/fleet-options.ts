import { Option, type Command } from 'commander';
import { describeError, inputError } from '../../contract/errors.ts';
import type * as FleetServices from '../services/fleet/index.ts';
import type { CommandContext } from './command.ts';

/** Flags of every command that speaks to a fleet. */
export interface FleetFlags {
  readonly queue?: string;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly strict?: true;
}

/**
 * Adds the flags that say where the fleet's Redis is.
 * @param fromEnvironment Whether `ENGRAM_QUEUE` may say it: not where leaving the flag out means something.
 */
export function addFleetOptions(command: Command, fromEnvironment: boolean): Command {
  const queue = new Option('--queue <url>', 'the Redis of the fleet: redis://[USER@]HOST[:PORT][/DATABASE], rediss:// for TLS; a password is better put in REDIS_PASSWORD');
  return command
    .addOption(fromEnvironment ? queue.env('ENGRAM_QUEUE') : queue)
    .option('--tls-ca <file>', 'PEM file of the authority that signed the certificate of Redis')
    .option('--tls-cert <file>', 'PEM file of this machine\'s own certificate, where Redis asks for one')
    .option('--tls-key <file>', 'PEM file of its key')
    .option('--strict', 'refuse a Redis that may lose what it is told');
}

type Fleet = typeof FleetServices;

/** A fleet's Redis, connected. */
export interface FleetConnection {
  readonly fleet: Fleet;
  readonly redis: Awaited<ReturnType<Fleet['connectRedis']>>;
  /** For people, without a password. */
  readonly address: string;
}

/**
 * Connects to the fleet's Redis, and warns of settings with which it may lose what it is told; with `--strict` it is refused then.
 * @throws AppError `fleet.*`.
 */
export async function connectFleet(flags: FleetFlags, context: CommandContext): Promise<FleetConnection> {
  const fleet = await import('../services/fleet/index.ts');
  const { queue, tlsCa, tlsCert, tlsKey } = flags;
  if (queue === undefined) throw inputError('cli.queue', '--queue', 'must name the Redis of the fleet, for example redis://render-1:6379', { hint: 'It may be set in ENGRAM_QUEUE as well' });
  const address = await fleet.readRedisAddress({
    address: queue, ...(tlsCa === undefined ? {} : { tlsCa }), ...(tlsCert === undefined ? {} : { tlsCert }), ...(tlsKey === undefined ? {} : { tlsKey }),
  });
  const redis = await fleet.connectRedis(address);
  try {
    const report = await fleet.inspectRedis(redis, address.printable);
    if (flags.strict === true) fleet.refuseUnsafeRedis(report);
    for (const warning of report.warnings) context.console.err(`warning: ${describeError(warning)} [${warning.code}]`);
    return { fleet, redis, address: address.printable };
  } catch (error) {
    redis.disconnect();
    throw error;
  }
}
