import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** A browser on this machine: `ENGRAM_CHROMIUM`, else where Linux systems put it; undefined when there is none. */
export const CHROMIUM = [process.env['ENGRAM_CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => path !== undefined && existsSync(path));

const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--remote-debugging-pipe', '--window-size=1280,900',
];

interface Answer { readonly id?: number; readonly method?: string; readonly params?: Record<string, unknown>; readonly result?: Record<string, unknown>; readonly error?: { readonly message: string } }

/** One page of a headless browser, spoken to over a pipe (Chrome DevTools Protocol). */
export class Page {
  /** What the page complained of: exceptions, refused scripts, failed loads. */
  readonly complaints: string[] = [];
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private next = 1;
  private session = '';
  private text = '';

  private constructor(private readonly child: ChildProcess, private readonly folder: string) {}

  /** Opens a browser with an empty page. */
  static async open(): Promise<Page> {
    const folder = await mkdtemp(join(tmpdir(), 'engram-chromium-'));
    const child = spawn(CHROMIUM as string, [...FLAGS, `--user-data-dir=${folder}`, 'about:blank'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    const page = new Page(child, folder);
    (child.stdio[4] as Readable).setEncoding('utf8').on('data', (chunk: string) => { page.read(chunk); });
    const { targetId } = await page.call('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await page.call('Target.attachToTarget', { targetId, flatten: true });
    page.session = sessionId as string;
    for (const domain of ['Page', 'Runtime', 'Log']) await page.call(`${domain}.enable`);
    return page;
  }

  /** Goes to an address and waits until it is loaded. */
  async load(url: string): Promise<void> {
    await this.call('Page.navigate', { url });
    for (;;) {
      if (await this.evaluate(`location.href.startsWith(${JSON.stringify(url)}) && document.readyState === 'complete'`) === true) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** The value of an expression in the page. */
  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.call('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value?: unknown }).value;
  }

  /** Waits until an expression is true. @throws after ten seconds. */
  async until(expression: string): Promise<void> {
    for (const ends = performance.now() + 10_000; await this.evaluate(expression) !== true;) {
      if (performance.now() > ends) throw new Error(`never true: ${expression}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Presses a key, as a person does. */
  async press(key: string): Promise<void> {
    const code = key === ' ' ? 'Space' : key;
    const virtual = { Enter: 13, Escape: 27, ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40, Tab: 9 }[key] ?? key.toUpperCase().charCodeAt(0);
    const text = key === 'Enter' ? '\r' : key.length === 1 ? key : undefined;
    await this.call('Input.dispatchKeyEvent', { type: text === undefined ? 'rawKeyDown' : 'keyDown', key, code, windowsVirtualKeyCode: virtual, ...(text === undefined ? {} : { text }) });
    await this.call('Input.dispatchKeyEvent', { type: 'keyUp', key, code, windowsVirtualKeyCode: virtual });
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('close', resolve));
    this.child.kill('SIGKILL');
    await ended;
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  private call(method: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const id = this.next++;
    const message = JSON.stringify({ id, method, params, ...(this.session === '' ? {} : { sessionId: this.session }) });
    return new Promise((resolve, reject) => {
      this.waiting.set(id, ({ result, error }) => { if (error === undefined) resolve(result ?? {}); else reject(new Error(`${method}: ${error.message}`)); });
      (this.child.stdio[3] as Writable).write(`${message}\0`);
    });
  }

  private read(chunk: string): void {
    const parts = (this.text + chunk).split('\0');
    this.text = parts.pop() ?? '';
    for (const part of parts) {
      const answer = JSON.parse(part) as Answer;
      if (answer.id !== undefined) this.waiting.get(answer.id)?.(answer);
      else if (answer.method === 'Runtime.exceptionThrown' || answer.method === 'Log.entryAdded') this.complaints.push(JSON.stringify(answer.params));
    }
  }
}
