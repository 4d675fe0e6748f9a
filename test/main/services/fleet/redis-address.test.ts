import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRedisAddress } from '../../../../src/main/services/fleet/redis-address.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

describe('readRedisAddress', () => {
  it('reads host, port, database, user and password', async () => {
    const { connect, printable } = await readRedisAddress({ address: 'redis://ada:s%40cret%2F1@render-1:7000/3' }, {});
    expect(connect).toEqual({ host: 'render-1', port: 7000, db: 3, username: 'ada', password: 's@cret/1' });
    expect(printable).toBe('redis://ada@render-1:7000/3');
  });

  it('has defaults, takes IPv6, and no TLS for redis://', async () => {
    expect((await readRedisAddress({ address: 'redis://localhost' }, {})).connect).toEqual({ host: 'localhost', port: 6379, db: 0 });
    expect((await readRedisAddress({ address: 'redis://[::1]:7000' }, {})).connect).toEqual({ host: '::1', port: 7000, db: 0 });
  });

  it('takes user and password from the environment, where the address has none', async () => {
    const environment = { REDIS_USERNAME: 'ada', REDIS_PASSWORD: 'general', ENGRAM_REDIS_PASSWORD: 'own' };
    expect((await readRedisAddress({ address: 'redis://h' }, environment)).connect).toMatchObject({ username: 'ada', password: 'own' });
    expect((await readRedisAddress({ address: 'redis://:typed@h' }, environment)).connect).toMatchObject({ username: 'ada', password: 'typed' });
  });

  it('reads the files of TLS, and refuses them without rediss://', async () => {
    const folder = await temporaryFolder();
    const ca = join(folder, 'ca.pem');
    await writeFile(ca, 'PEM');
    expect((await readRedisAddress({ address: 'rediss://h', tlsCa: ca }, {})).connect.tls).toEqual({ ca: 'PEM' });
    expect((await readRedisAddress({ address: 'rediss://h' }, {})).connect.tls).toEqual({});
    await expect(readRedisAddress({ address: 'redis://h', tlsCa: ca }, {})).rejects.toMatchObject({ data: { code: 'fleet.tls' } });
    await expect(readRedisAddress({ address: 'rediss://h', tlsCert: ca }, {})).rejects.toMatchObject({ data: { code: 'fleet.tls' } });
    await expect(readRedisAddress({ address: 'rediss://h', tlsCa: join(folder, 'none.pem') }, {})).rejects.toMatchObject({ data: { code: 'files.read', where: '--tls-ca' } });
  });

  it.each(['render-1:6379', 'http://h', 'redis://', 'redis://h/db', 'redis://h?password=x', ''])('refuses %j', async (address) => {
    await expect(readRedisAddress({ address }, {})).rejects.toMatchObject({ data: { code: 'fleet.address', kind: 'input' } });
  });

  it('never shows a password: not in what is printed, not in refusals', async () => {
    await fc.assert(fc.asyncProperty(fc.stringMatching(/^[a-zA-Z0-9]{12,20}$/), fc.constantFrom('redis', 'rediss', 'http'), fc.constantFrom('', '/0', '/x', '?a=b'), async (password, scheme, rest) => {
      const shown = await readRedisAddress({ address: `${scheme}://user:${password}@somehost:1${rest}` }, {}).then(({ printable }) => printable, (error: Error) => `${error.message} ${JSON.stringify(error)}`);
      expect(shown).not.toContain(password);
    }));
  });
});
