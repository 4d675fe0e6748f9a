import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { Board, listenToBoard } from '../../../../src/main/services/fleet/board.ts';
import { JobSource } from '../../../../src/main/services/fleet/job-source.ts';
import { queueName } from '../../../../src/main/services/fleet/names.ts';
import { withQueue } from '../../../../src/main/services/fleet/queues.ts';
import { readRedisAddress } from '../../../../src/main/services/fleet/redis-address.ts';
import { connectRedis, inspectRedis, refuseUnsafeRedis } from '../../../../src/main/services/fleet/redis-connection.ts';
import { noRedis, redisTitle, startRedis } from '../../../support/redis.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const open: Redis[] = [];

async function connect(address: string, tls: { tlsCa?: string; tlsCert?: string; tlsKey?: string } = {}, environment: Record<string, string> = {}): Promise<Redis> {
  const client = await connectRedis(await readRedisAddress({ address, ...tls }, environment));
  open.push(client);
  return client;
}

afterEach(() => {
  for (const client of open.splice(0)) client.disconnect();
});

/** An authority of one's own and a certificate for 127.0.0.1, made by openssl. */
async function makeCertificates(): Promise<{ ca: string; cert: string; key: string }> {
  const folder = await temporaryFolder();
  const at = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): void => { execFileSync('openssl', args, { stdio: 'pipe', cwd: folder }); };
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', at('ca.key'), '-out', at('ca.pem'), '-days', '2', '-subj', '/CN=Engram test authority');
  openssl('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', at('server.key'), '-out', at('server.csr'), '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost');
  openssl('x509', '-req', '-in', at('server.csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-out', at('server.pem'), '-days', '2', '-copy_extensions', 'copy');
  return { ca: at('ca.pem'), cert: at('server.pem'), key: at('server.key') };
}

describe.skipIf(noRedis !== undefined)(redisTitle('a connection to Redis'), () => {
  it('says at once that nothing listens', async () => {
    const server = await startRedis();
    await server.stop();
    await expect(connect(server.url)).rejects.toMatchObject({ data: { code: 'fleet.unreachable', kind: 'run' } });
  }, 30_000);

  it('refuses a wrong or missing password at once, without showing it', async () => {
    const server = await startRedis({ settings: ['--requirepass', 'the right one'] });
    const address = `redis://:wrong-secret@127.0.0.1:${server.port}`;
    const error = await connect(address).catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ data: { code: 'fleet.access', kind: 'input' } });
    expect(`${(error as Error).message} ${JSON.stringify(error)} ${(error as Error).stack}`).not.toContain('wrong-secret');
    await expect(connect(server.url)).rejects.toMatchObject({ data: { code: 'fleet.access' } });
    expect(await (await connect(server.url, {}, { REDIS_PASSWORD: 'the right one' })).ping()).toBe('PONG');
  });

  it('needs no more rights than keys and channels of its own', async () => {
    const server = await startRedis();
    await (await connect(server.url)).acl('SETUSER', 'renderer', 'on', '>secret', '~engram:*', '&engram:*', '+@all', '-@admin', '-@dangerous', '+info');
    const client = await connect(`redis://renderer:secret@127.0.0.1:${server.port}`);
    expect((await inspectRedis(client, 'r')).appendOnly).toBe(true);
    const [batch, need] = ['0123456789abcdef', 'any'];
    const board = new Board(client);
    let told = 0;
    const end = await listenToBoard(client, () => { told += 1; });
    await board.add(batch, { name: 'b', plan: 'a'.repeat(64), needs: [need], rows: 1, jobs: 1, chunk: 1, createdAt: 1 }, 0);
    await board.touch(batch);
    await withQueue(client, batch, need, (queue) => queue.add('rows', { rows: [0] }, { jobId: 'r1' }));
    const source = new JobSource({ redis: client, workerName: 'w', leaseMs: 5000, onError: (error) => { throw error; } });
    const lease = await source.take(queueName(batch, need));
    expect(await lease?.complete()).toBe(true);
    await source.close();
    expect(told).toBe(1);
    end();
  });

  it('speaks TLS with an authority of one\'s own, and trusts no other', async () => {
    const { ca, cert, key } = await makeCertificates();
    const server = await startRedis({ settings: ['--tls-port', 'PORT', '--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', ca, '--tls-auth-clients', 'yes', '--requirepass', 'secret'] });
    const address = `rediss://:secret@127.0.0.1:${server.port}`;
    const client = await connect(address, { tlsCa: ca, tlsCert: cert, tlsKey: key });
    expect(await client.ping()).toBe('PONG');
    // What is duplicated (to listen to the board) has the same settings.
    (await listenToBoard(client, () => undefined))();
    await expect(connect(address, { tlsCert: cert, tlsKey: key })).rejects.toMatchObject({ data: { code: 'fleet.unreachable', got: expect.stringMatching(/certificate/) as unknown } });
    await expect(connect(address, { tlsCa: ca })).rejects.toMatchObject({ data: { code: 'fleet.unreachable' } });
  }, 60_000);

  it('warns of a Redis that may lose what it is told, says what to set, and refuses it when asked to', async () => {
    const unsafe = await startRedis({ appendOnly: false, settings: ['--maxmemory-policy', 'allkeys-lru'] });
    const client = await connect(unsafe.url);
    const report = await inspectRedis(client, 'r');
    expect(report.warnings.map(({ code }) => code)).toEqual(['fleet.redis-persistence', 'fleet.redis-eviction']);
    expect(report.warnings.map(({ hint }) => hint).join()).toMatch(/appendonly yes.*noeviction/s);
    expect(() => { refuseUnsafeRedis(report); }).toThrow(/appendonly/);
    await client.config('SET', 'appendonly', 'yes');
    await client.config('SET', 'maxmemory-policy', 'noeviction');
    const mended = await inspectRedis(client, 'r');
    expect(mended.warnings).toEqual([]);
    expect(() => { refuseUnsafeRedis(mended); }).not.toThrow();
  });

  it('comes back by itself after Redis was killed and started again', async () => {
    const server = await startRedis();
    const client = await connect(server.url);
    await client.set('engram:kept', 'yes');
    await new Promise((resolve) => setTimeout(resolve, 1100)); // appendfsync everysec
    await server.kill();
    const asked = client.get('engram:kept');
    await server.restart();
    expect(await asked).toBe('yes');
  });
});
