import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NO_CHROMIUM } from './support/chromium.ts';
import { serveForTests } from './support/serve-for-tests.ts';

type Attempts = Readonly<Record<string, string>>;

// Another origin that answers everybody: only the page's policy keeps it away.
describe.skipIf(NO_CHROMIUM !== undefined)('what the page may do', { timeout: 120_000 }, () => {
  const served = serveForTests();
  let elsewhere: Server | undefined;
  let address: string;
  const asked: string[] = [];

  beforeAll(async () => {
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(200, { 'Access-Control-Allow-Origin': '*', 'Content-Type': 'text/javascript' }).end('globalThis.ran = true');
    });
    elsewhere = server;
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => elsewhere?.close());

  it('makes neither code nor HTML from text', async () => {
    // From a timer: what a debugger calls itself is excused from the policy.
    const attempts = await served.page.evaluate(() => new Promise<Attempts>((done) => {
      setTimeout(() => {
        const outcomes: Record<string, string> = {};
        const attempt = (name: string, work: () => unknown): void => {
          try {
            work();
            outcomes[name] = 'went through';
          } catch (thrown) {
            outcomes[name] = (thrown as Error).name;
          }
        };
        const element = document.createElement('div');
        const evaluate = globalThis['eval' as keyof typeof globalThis] as (text: string) => unknown;
        attempt('eval', () => evaluate('1'));
        attempt('Function', () => (attempt.constructor as (text: string) => unknown)('1'));
        attempt('timer', () => setTimeout('globalThis.ran = true' as unknown as () => void));
        attempt('innerHTML', () => { element.innerHTML = '<b>x</b>'; });
        attempt('insertAdjacentHTML', () => element.insertAdjacentHTML('beforeend', '<b>x</b>'));
        attempt('policy of one’s own', () => (globalThis as unknown as { trustedTypes: { createPolicy(name: string, rules: object): object } }).trustedTypes.createPolicy('mine', { createHTML: (text: string) => text }));
        done(outcomes);
      });
    }));
    expect(Object.entries(attempts).filter(([, outcome]) => !['EvalError', 'TypeError'].includes(outcome))).toEqual([]);
    expect(Object.keys(attempts)).toHaveLength(6);
  });

  it('runs no script that is written into it', async () => {
    await served.page.evaluate(() => {
      const script = document.createElement('script');
      script.append(document.createTextNode('globalThis.ran = true'));
      document.body.append(script);
      const button = document.createElement('button');
      try {
        button.setAttribute('onclick', 'globalThis.ran = true');
      } catch { /* refused at once */ }
      document.body.append(button);
      button.click();
      script.remove();
      button.remove();
    });
    expect(await served.page.evaluate(() => (globalThis as { ran?: boolean }).ran)).toBeUndefined();
  });

  it('speaks to nobody else', async () => {
    const outcomes = await served.page.evaluate(async (other) => {
      const loads = (tag: 'img' | 'script' | 'iframe' | 'link'): Promise<string> => new Promise((resolve) => {
        const element = document.createElement(tag);
        element.addEventListener('load', () => resolve(`${tag} loaded`));
        element.addEventListener('error', () => resolve('refused'));
        setTimeout(() => resolve('refused'), 1500);
        try {
          if (element instanceof HTMLLinkElement) Object.assign(element, { rel: 'stylesheet', href: `${other}/style` });
          else element.src = `${other}/${tag}`;
          document.body.append(element);
        } catch {
          resolve('refused');
        }
      });
      const asks = fetch(`${other}/fetch`).then(() => 'fetched', () => 'refused');
      const socket = new Promise<string>((resolve) => {
        try {
          const opened = new WebSocket(`${other.replace('http', 'ws')}/socket`);
          opened.addEventListener('error', () => resolve('refused'));
        } catch {
          resolve('refused');
        }
      });
      return Promise.all([loads('img'), loads('script'), loads('link'), loads('iframe').then((text) => (text === 'iframe loaded' ? 'refused' : text)), asks, socket]);
    }, address);
    expect(new Set(outcomes)).toEqual(new Set(['refused']));
    // An `iframe` says that it has loaded even when its page was refused: what counts is who was asked.
    expect(asked).toEqual([]);
  });
});
