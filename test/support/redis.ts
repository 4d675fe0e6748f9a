import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { Redis } from 'ioredis';
import { readRedisAddress } from '../../src/main/services/fleet/redis-address.ts';
import { connectRedis } from '../../src/main/services/fleet/redis-connection.ts';
import { RedisServer, whyNoRedis, type RedisServerOptions } from '../../tools/proofs/support/redis-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Why tests with a real Redis are skipped, or undefined when they run. */
export const noRedis = whyNoRedis();

/** What a suite with a real Redis is called: a skipped one says what is missing. */
export function redisTitle(title: string): string {
  return noRedis === undefined ? title : `${title} [skipped: ${noRedis}]`;
}

const servers: RedisServer[] = [];
const clients: Redis[] = [];

/** A real Redis for one test. */
export async function startRedis(options: Omit<RedisServerOptions, 'folder'> = {}): Promise<RedisServer> {
  const server = await RedisServer.start({ ...options, folder: join(await temporaryFolder(), 'redis') });
  servers.push(server);
  return server;
}

/** A connection to it, for one test. */
export async function connectTo(server: RedisServer): Promise<Redis> {
  const client = await connectRedis(await readRedisAddress({ address: server.url }, {}));
  clients.push(client);
  return client;
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  for (const server of servers.splice(0)) await server.kill();
});
