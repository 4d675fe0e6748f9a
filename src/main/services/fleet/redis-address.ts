import { readFile } from 'node:fs/promises';
import type { RedisOptions } from 'ioredis';
import { inputError, runError } from '../../../contract/errors.ts';

/** What the user says about Redis: the address, and files for TLS. */
export interface RedisAddressOptions {
  /** `redis://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE]`, or `rediss://` for TLS. */
  readonly address: string;
  /** PEM file of the authority that signed the server's certificate; the system's own authorities when left out. */
  readonly tlsCa?: string;
  /** PEM files of this client's certificate and key, where the server asks for one. */
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

/** Where Redis is, ready for the client. */
export interface RedisAddress {
  /** For messages: without the password. */
  readonly printable: string;
  readonly connect: Pick<RedisOptions, 'host' | 'port' | 'db' | 'username' | 'password' | 'tls'>;
}

/** Variables that a user name and a password are taken from when the address has none, first come first. */
const USER_VARIABLES = ['ENGRAM_REDIS_USERNAME', 'REDIS_USERNAME'];
const PASSWORD_VARIABLES = ['ENGRAM_REDIS_PASSWORD', 'REDIS_PASSWORD'];

type Environment = Readonly<Record<string, string | undefined>>;

function firstOf(names: readonly string[], environment: Environment): string | undefined {
  return names.map((name) => environment[name]).find((value) => value !== undefined && value !== '');
}

function parseUrl(address: string): URL {
  let url: URL | undefined;
  try {
    url = new URL(address);
  } catch {
    // told below: what was typed may hold a password and is not repeated
  }
  if (url === undefined || !['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '' || !/^\/?\d{0,5}$/.test(url.pathname) || url.search !== '' || url.hash !== '') {
    throw inputError('fleet.address', '--queue', 'must be redis://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE], or rediss:// for TLS', {
      hint: 'Characters such as "@", "/" and "%" in a password must be percent-encoded; or leave it out and set REDIS_PASSWORD',
    });
  }
  return url;
}

async function readPem(path: string, flag: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw runError('files.read', flag, 'must name a PEM file that can be read', { got: (error as Error).message, path });
  }
}

/**
 * Reads the address of Redis. A password in the address is seen by everybody who can list processes: `REDIS_PASSWORD` is the better place.
 * @throws AppError `fleet.address`, `fleet.tls`, `files.read`.
 */
export async function readRedisAddress(options: RedisAddressOptions, environment: Environment = process.env): Promise<RedisAddress> {
  const url = parseUrl(options.address);
  const username = decodeURIComponent(url.username) || firstOf(USER_VARIABLES, environment);
  const password = decodeURIComponent(url.password) || firstOf(PASSWORD_VARIABLES, environment);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? 6379 : Number(url.port);
  const db = Number(url.pathname.slice(1) || '0');
  const secure = url.protocol === 'rediss:';
  const { tlsCa, tlsCert, tlsKey } = options;
  if (!secure && (tlsCa ?? tlsCert ?? tlsKey) !== undefined) throw inputError('fleet.tls', '--queue', 'must begin with rediss:// when files for TLS are given');
  if ((tlsCert === undefined) !== (tlsKey === undefined)) throw inputError('fleet.tls', '--tls-cert', 'must come with --tls-key, and the other way round');
  const tls = {
    ...(tlsCa === undefined ? {} : { ca: await readPem(tlsCa, '--tls-ca') }),
    ...(tlsCert === undefined ? {} : { cert: await readPem(tlsCert, '--tls-cert') }),
    ...(tlsKey === undefined ? {} : { key: await readPem(tlsKey, '--tls-key') }),
  };
  return {
    printable: `${url.protocol}//${username === undefined ? '' : `${username}@`}${url.hostname}:${port}/${db}`,
    connect: { host, port, db, ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }), ...(secure ? { tls } : {}) },
  };
}
