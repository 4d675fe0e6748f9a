import { connect } from 'node:net';
import { request } from 'node:http';
import { networkInterfaces } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { StudioAnswer } from '../../../src/contract/studio-api.ts';
import { startWebServer, type WebServer } from '../../../src/main/ipc/web-server.ts';
import { checkHost } from '../../../src/main/serve.ts';
import { faultOf } from '../../support/fault.ts';

const TOKEN = 'a-token';
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const FILES = new Map([
  ['/', { type: 'text/html; charset=utf-8', bytes: text('<!doctype html>') }],
  ['/index.html', { type: 'text/html; charset=utf-8', bytes: text('<!doctype html>') }],
  ['/studio.js', { type: 'text/javascript; charset=utf-8', bytes: text('0') }],
]);

interface Reply { readonly status: number; readonly headers: Record<string, unknown>; readonly body: string }

describe('startWebServer', () => {
  let server: WebServer;
  let asked: [string, unknown][];

  beforeEach(async () => {
    asked = [];
    const answer = (name: string, input: unknown): Promise<StudioAnswer> => {
      asked.push([name, input]);
      return Promise.resolve({ ok: true, value: 1 });
    };
    server = await startWebServer({ host: '127.0.0.1', port: 0, token: TOKEN, files: FILES, answer });
  });
  afterEach(() => server.close());

  function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port: server.port, path, method, headers }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => { body += chunk; }).on('end', () => { resolve({ status: response.statusCode ?? 0, headers: response.headers, body }); });
      });
      sent.on('error', reject);
      sent.end();
    });
  }

  /** Opens a socket; gives the status with which it was refused, or the socket. */
  function open(path: string, { origin = `http://127.0.0.1:${server.port}`, host }: { origin?: string | null; host?: string } = {}): Promise<WebSocket | number> {
    return new Promise((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { ...(origin === null ? {} : { origin }), ...(host === undefined ? {} : { headers: { Host: host } }) });
      socket.on('open', () => { resolve(socket); });
      socket.on('unexpected-response', (_request, response) => { resolve(response.statusCode ?? 0); });
      socket.on('error', () => undefined);
    });
  }

  it('serves the page to who knows the token, with every header of the policy', async () => {
    const reply = await get(`/?token=${TOKEN}`);
    expect(reply).toMatchObject({ status: 200, body: '<!doctype html>' });
    expect(reply.headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    );
    expect(reply.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'x-frame-options': 'DENY', 'cache-control': 'no-store', 'cross-origin-resource-policy': 'same-origin' });
    for (const path of ['/', '/?token=', '/?token=another', '/index.html', `/?token=${TOKEN}x`]) expect((await get(path)).status).toBe(403);
  });

  it('serves nothing that is not in its list', async () => {
    for (const path of ['/../package.json', '/%2e%2e/package.json', '/etc/passwd', '//etc/passwd', '/constructor', '/__proto__']) expect((await get(`${path}?token=${TOKEN}`)).status).toBe(404);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) expect((await get('/studio.js', {}, method)).status).toBe(405);
  });

  it('answers to its own address alone, whatever name leads to it', async () => {
    for (const host of ['evil.example', `evil.example:${server.port}`, `127.0.0.1.evil.example:${server.port}`, `127.0.0.1:${server.port + 1}`, '127.0.0.1']) {
      expect((await get(`/?token=${TOKEN}`, { Host: host })).status).toBe(403);
      expect(await open(`/studio?token=${TOKEN}`, { host, origin: `http://${host}` })).toBe(403);
    }
    expect((await get(`/?token=${TOKEN}`, { Host: `localhost:${server.port}` })).status).toBe(200);
  });

  it('opens a socket for its own page with the token, and for nothing else', async () => {
    expect(await open(`/studio?token=${TOKEN}`, { origin: null })).toBe(403);
    expect(await open(`/studio?token=${TOKEN}`, { origin: 'https://evil.example' })).toBe(403);
    expect(await open(`/studio?token=${TOKEN}`, { origin: `http://localhost:${server.port}` })).toBe(403);
    expect(await open(`/studio?token=${TOKEN}`, { origin: 'null' })).toBe(403);
    expect(await open('/studio')).toBe(401);
    expect(await open('/studio?token=wrong')).toBe(401);
    expect(await open(`/other?token=${TOKEN}`)).toBe(404);
    const socket = await open(`/studio?token=${TOKEN}`);
    expect(socket).toBeInstanceOf(WebSocket);
    (socket as WebSocket).close();
  });

  it('answers calls by their number, and hands out events', async () => {
    const socket = (await open(`/studio?token=${TOKEN}`)) as WebSocket;
    const heard: unknown[] = [];
    socket.on('message', (data) => heard.push(JSON.parse((data as Buffer).toString('utf8'))));
    socket.send(JSON.stringify({ id: 7, call: 'files.recent', input: {} }));
    await expect.poll(() => heard).toEqual([{ id: 7, answer: { ok: true, value: 1 } }]);
    server.broadcast({ event: 'results', data: { total: 3 } });
    await expect.poll(() => heard[1]).toEqual({ event: 'results', data: { total: 3 } });
    expect(asked).toEqual([['files.recent', {}]]);
    socket.close();
  });

  it.each([
    ['bytes', Buffer.from([1, 2, 3])],
    ['text that is no JSON', 'hello'],
    ['an unknown call', JSON.stringify({ id: 1, call: 'files.delete', input: {} })],
    ['more than a message has', JSON.stringify({ id: 1, call: 'files.recent', input: {}, also: 1 })],
    ['no number', JSON.stringify({ id: 'x', call: 'files.recent', input: {} })],
  ])('hangs up on %s', async (_, message) => {
    const socket = (await open(`/studio?token=${TOKEN}`)) as WebSocket;
    const closed = new Promise<number>((resolve) => { socket.on('close', resolve); });
    socket.send(message);
    expect(await closed).toBeGreaterThanOrEqual(1003);
    expect(asked).toEqual([]);
  });

  it('survives peers that speak no HTTP', async () => {
    await new Promise<void>((resolve) => {
      const socket = connect(server.port, '127.0.0.1', () => socket.end('\0\0\0 nonsense\r\n\r\n'));
      socket.on('close', () => { resolve(); });
      socket.on('error', () => undefined).resume();
    });
    expect((await get(`/?token=${TOKEN}`)).status).toBe(200);
  });

  it('hangs up on a flood that says nothing, and answers its windows all the while', async () => {
    const quick = await startWebServer({ host: '127.0.0.1', port: 0, token: TOKEN, files: FILES, answer: () => Promise.resolve({ ok: true, value: 2 }), silence: 300 });
    const window = new WebSocket(`ws://127.0.0.1:${quick.port}/studio?token=${TOKEN}`, { origin: `http://127.0.0.1:${quick.port}` });
    const heard: unknown[] = [];
    window.on('message', (data) => heard.push(JSON.parse((data as Buffer).toString('utf8'))));
    await new Promise((resolve) => { window.on('open', resolve); });
    const silent = Array.from({ length: 600 }, () => connect(quick.port, '127.0.0.1').on('error', () => undefined).resume());
    await expect.poll(() => silent.filter((socket) => !socket.closed).length, { timeout: 20_000 }).toBe(0);
    window.send(JSON.stringify({ id: 1, call: 'files.recent', input: {} }));
    await expect.poll(() => heard).toEqual([{ id: 1, answer: { ok: true, value: 2 } }]);
    window.close();
    await quick.close();
  });

  it('on every address of this machine answers to each of them by its own name alone', async () => {
    const everywhere = await startWebServer({ host: '0.0.0.0', port: 0, token: TOKEN, files: FILES, answer: () => Promise.resolve({ ok: true, value: 1 }) });
    const statusFor = (host: string): Promise<number> => new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port: everywhere.port, path: `/?token=${TOKEN}`, headers: { Host: host } }, (response) => { resolve(response.resume().statusCode ?? 0); }).on('error', reject).end();
    });
    const { host } = new URL(everywhere.url);
    expect(host).not.toContain('0.0.0.0');
    for (const { address, family } of Object.values(networkInterfaces()).flatMap((entries) => entries ?? [])) {
      if (family === 'IPv4') expect(await statusFor(`${address}:${everywhere.port}`)).toBe(200);
    }
    expect(await statusFor(host)).toBe(200);
    for (const other of ['evil.example', `evil.example:${everywhere.port}`, `0.0.0.0:${everywhere.port}`]) expect(await statusFor(other)).toBe(403);
    await everywhere.close();
  });

  it('says when a port is taken', async () => {
    const start = () => startWebServer({ host: '127.0.0.1', port: server.port, token: TOKEN, files: FILES, answer: () => Promise.resolve({ ok: true, value: 1 }) });
    expect((await faultOf(start)).code).toBe('serve.listen');
  });
});

describe('checkHost', () => {
  it('takes this machine alone, unless other machines are wanted', async () => {
    for (const host of ['127.0.0.1', 'localhost', '::1']) expect(() => checkHost(host, false)).not.toThrow();
    for (const host of ['0.0.0.0', '192.168.1.2', '::', 'my-machine', '127.0.0.1.evil.example']) {
      expect((await faultOf(() => { checkHost(host, false); })).code).toBe('serve.host');
      expect(() => checkHost(host, true)).not.toThrow();
    }
  });
});
