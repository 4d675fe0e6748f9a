import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { ensureBuilt, PROGRAM_BUNDLES } from '../../../tools/lib/build.mjs';
import { ROOT } from '../../../tools/lib/paths.mjs';
import { launchChromium } from './chromium.ts';
import type { ShimCommand, ShimMessage } from './electron-shim/messages.ts';

/** A studio with one window, and the folders that it works in. */
export interface LaunchedStudio {
  readonly kind: 'serve' | 'shim';
  readonly page: Page;
  readonly browser: Browser;
  /** What the page has written to its console that is no plain log, CSP violations among it. */
  readonly complaints: readonly string[];
  /** The folder that holds all the others. */
  readonly folder: string;
  readonly workFolder: string;
  readonly outputFolder: string;
  readonly dataFolder: string;
  /** The process that holds the studio. */
  readonly main: ChildProcess;
  /** The desktop's side; only in the shim. */
  command(command: ShimCommand): Promise<unknown>;
  /** The page of a further window of the desktop program, counted from 1; waits until it is there. */
  windowPage(index: number): Promise<Page>;
  /** A further page of the same studio, or the same one after a restart of the browser. */
  address: string;
  close(): Promise<void>;
}

export interface LaunchOptions {
  /** What to open first. */
  readonly graph?: string;
  /** A folder to work in; a new one, removed at the end, when left out. */
  readonly folder?: string;
  readonly viewport?: { readonly width: number; readonly height: number };
}

interface Places { readonly root: string; readonly env: NodeJS.ProcessEnv; readonly removes: boolean }

function environmentIn(root: string): NodeJS.ProcessEnv {
  return { ...process.env, ENGRAM_DATA: join(root, 'data'), ENGRAM_CACHE: join(root, 'cache'), ENGRAM_SETTINGS: join(root, 'settings.json') };
}

async function placesFor(folder: string | undefined): Promise<Places> {
  const root = folder ?? (await realpath(await mkdtemp(join(tmpdir(), 'engram-studio-'))));
  await mkdir(join(root, 'Engram Studio'), { recursive: true });
  return { root, env: environmentIn(root), removes: folder === undefined };
}

function watchPage(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) complaints.push(message.text()); });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return complaints;
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(timer);
}

/**
 * Starts `engram serve` as a process of its own and opens its address in Chromium; with `ENGRAM_STUDIO_SHELL=shim` the desktop program in its place, so
 * that the same tests hold for both.
 */
export async function launchServe(options: LaunchOptions = {}): Promise<LaunchedStudio> {
  if (process.env['ENGRAM_STUDIO_SHELL'] === 'shim') return launchShim(options);
  await ensureBuilt(ROOT, () => undefined, PROGRAM_BUNDLES);
  const { root, env, removes } = await placesFor(options.folder);
  const workFolder = join(root, 'Engram Studio');
  const args = [join(ROOT, 'dist', 'cli.mjs'), 'serve', '--out', join(workFolder, 'outputs'), ...(options.graph === undefined ? [] : [options.graph])];
  const main = spawn(process.execPath, args, { cwd: workFolder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const address = await new Promise<string>((resolve, reject) => {
    let err = '';
    main.stderr.on('data', (chunk: Buffer) => { err += chunk.toString(); });
    main.stdout.once('data', (chunk: Buffer) => { resolve(chunk.toString().trim()); });
    main.once('exit', (code) => { reject(new Error(`engram serve ended with ${code}: ${err}`)); });
  });
  const browser = await launchChromium();
  const page = await browser.newPage({ viewport: options.viewport ?? { width: 1280, height: 720 } });
  const complaints = watchPage(page);
  await page.goto(address);
  return {
    kind: 'serve', page, browser, complaints, folder: root, workFolder, outputFolder: join(workFolder, 'outputs'), dataFolder: join(root, 'data'), main, address,
    command: () => Promise.reject(new Error('a browser has no desktop around it')),
    windowPage: () => Promise.reject(new Error('a browser opens its windows by itself')),
    async close() {
      await browser.close();
      await endProcess(main);
      if (removes) await rm(root, { recursive: true, force: true });
    },
  };
}

/** The shim's process: tells what happens, and is told what the person and the system do. */
class ShimProcess {
  private readonly waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  private nextId = 0;
  errors = '';
  readonly windows: string[] = [];

  constructor(readonly child: ChildProcess) {
    child.stderr?.on('data', (chunk: Buffer) => { this.errors += chunk.toString(); });
    child.on('message', (message: ShimMessage) => {
      if (message.type === 'window') this.windows.push(message.endpoint);
      else if (message.type === 'answer') {
        const waiter = this.waiting.get(message.id);
        if (message.error === undefined) waiter?.resolve(message.value);
        else waiter?.reject(new Error(message.error));
        this.waiting.delete(message.id);
      }
    });
    child.once('exit', () => {
      for (const { reject } of this.waiting.values()) reject(new Error('the desktop program has ended'));
      this.waiting.clear();
    });
  }

  /** The address at which a window's Chromium can be driven. */
  async endpoint(index: number): Promise<string> {
    for (let waited = 0; this.windows[index] === undefined; waited += 50) {
      if (this.child.exitCode !== null || waited > 60_000) throw new Error(`the desktop program opened no window (exit code ${this.child.exitCode}): ${this.errors}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return this.windows[index];
  }

  command(command: ShimCommand): Promise<unknown> {
    const id = this.nextId;
    this.nextId += 1;
    if (!this.child.connected) return Promise.reject(new Error('the desktop program has ended'));
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.child.send({ ...command, id });
    });
  }
}

/** Starts the unchanged main process of the desktop program on a stand-in for Electron, with its folders below one. */
export function shimProgram(root: string, environment: NodeJS.ProcessEnv, args: readonly string[]): ChildProcess {
  return fork(join(ROOT, 'dist', 'main.mjs'), [...args], {
    execArgv: ['--import', join(import.meta.dirname, 'electron-shim', 'register.mjs')], env: { ...environmentIn(root), SHIM_DOCUMENTS: root, ...environment }, stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
}

/** The desktop program without its pages: enough to ask its main process, and quick. */
export interface LaunchedShell {
  command(command: ShimCommand): Promise<unknown>;
  close(): Promise<void>;
}

/** Starts the unchanged main process of the desktop program on a stand-in for Electron whose windows load nothing: no Chromium is needed. */
export async function launchShell(): Promise<LaunchedShell> {
  await ensureBuilt(ROOT, () => undefined, PROGRAM_BUNDLES.filter(({ output }) => output !== 'dist/cli.mjs'));
  const { root } = await placesFor(undefined);
  const shim = new ShimProcess(shimProgram(root, { SHIM_PAGES: 'none' }, []));
  await shim.endpoint(0);
  return {
    command: (command) => shim.command(command),
    async close() {
      await endProcess(shim.child);
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** Starts the unchanged main process and preload script of the desktop program on a stand-in for Electron, with Chromium for its windows. */
export async function launchShim(options: LaunchOptions = {}): Promise<LaunchedStudio> {
  await ensureBuilt(ROOT, () => undefined, PROGRAM_BUNDLES.filter(({ output }) => output !== 'dist/cli.mjs'));
  const { root, removes } = await placesFor(options.folder);
  const main = shimProgram(root, { SHIM_VIEWPORT: JSON.stringify(options.viewport ?? { width: 1280, height: 720 }) }, options.graph === undefined ? [] : [options.graph]);
  const shim = new ShimProcess(main);
  const windowPage = async (index: number): Promise<Page> => {
    const page = (await chromium.connectOverCDP(await shim.endpoint(index))).contexts()[0]?.pages()[0];
    if (page === undefined) throw new Error('the desktop program has no page');
    await page.waitForFunction(() => document.readyState === 'complete' && location.protocol.startsWith('http'));
    return page;
  };
  const page = await windowPage(0);
  const browser = page.context().browser();
  if (browser === null) throw new Error('the window has no browser');
  const complaints = watchPage(page);
  const workFolder = join(root, 'Engram Studio');
  return {
    kind: 'shim', page, browser, complaints, folder: root, workFolder, outputFolder: join(workFolder, 'outputs'), dataFolder: join(root, 'data'), main, address: page.url(),
    command: (command) => shim.command(command),
    windowPage,
    async close() {
      await shim.command({ type: 'quit' }).catch(() => undefined);
      await browser.close().catch(() => undefined);
      await endProcess(main);
      if (removes && existsSync(root)) await rm(root, { recursive: true, force: true });
    },
  };
}
