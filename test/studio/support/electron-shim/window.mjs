import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { chromium } from 'playwright-core';
import { app } from './app.mjs';
import { record } from './control.mjs';

/** What a page of the program's scheme is called in Chromium, which knows no such scheme: a host that nothing answers but the routes below. */
const HOST = 'http://studio.engram.localhost';
const VIEWPORT = JSON.parse(process.env.SHIM_VIEWPORT ?? '{"width":1280,"height":720}');

export function serveScheme(scheme, handler) {
  record.schemeHandlers.set(scheme, handler);
}

/** The address as the program knows it. */
function toScheme(address) {
  return address.startsWith(`${HOST}/`) ? `engram://studio${address.slice(HOST.length)}` : address;
}

/** Electron's side of the preload script, in the page's world. */
function preloadWorld(source) {
  return `(() => {
    const listeners = new Map();
    globalThis.__shimReceive = (channel, message) => { for (const listener of listeners.get(channel) ?? []) listener({}, message); };
    const electron = {
      contextBridge: { exposeInMainWorld: (name, value) => { globalThis[name] = Object.freeze(value); } },
      ipcRenderer: {
        invoke: (channel, ...args) => globalThis.__shimInvoke(channel, args),
        on: (channel, listener) => { listeners.set(channel, [...(listeners.get(channel) ?? []), listener]); },
        removeListener: (channel, listener) => { listeners.set(channel, (listeners.get(channel) ?? []).filter((other) => other !== listener)); },
      },
    };
    const module = { exports: {} };
    (function (require, module, exports) {${source}
})((name) => { if (name !== 'electron') throw new Error('module not found: ' + name); return electron; }, module, module.exports);
  })();`;
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

let nextId = 1;

class Contents extends EventEmitter {
  id = nextId++;
  windowOpenHandler = undefined;
  page = undefined;

  setWindowOpenHandler(handler) { this.windowOpenHandler = handler; }

  reload() { void this.page?.reload().catch(() => undefined); }

  /** As Electron: what is sent before a page is there is lost. */
  send(channel, message) {
    void this.page?.evaluate(([to, data]) => globalThis.__shimReceive?.(to, data), [channel, structuredClone(message)]).catch(() => undefined);
  }
}

export class ShimWindow extends EventEmitter {
  static getAllWindows() { return [...record.openWindows]; }

  webContents = new Contents();
  #destroyed = false;
  #browser;

  constructor(options) {
    super();
    this.options = options;
    this.bounds = { x: 0, y: 0, width: options.width, height: options.height };
    record.openWindows.add(this);
    record.windows.push(this);
    app.emit('web-contents-created', {}, this.webContents);
  }

  async loadURL(address) {
    record.loaded.push(address);
    if (process.env.SHIM_PAGES === 'none') {
      this.emit('ready-to-show');
      process.send?.({ type: 'window', endpoint: '' });
      return;
    }
    const port = await freePort();
    this.#browser = await chromium.launch({ executablePath: process.env.ENGRAM_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', `--remote-debugging-port=${port}`] });
    // The browser's own first context: a second connection finds it there.
    const context = await chromium.connectOverCDP(`http://127.0.0.1:${port}`).then((browser) => browser.contexts()[0]);
    const page = await context.newPage();
    await page.setViewportSize(VIEWPORT);
    await page.exposeBinding('__shimInvoke', ({ frame }, channel, args) => this.#invoke(frame, channel, args));
    await page.addInitScript(preloadWorld(readFileSync(this.options.webPreferences.preload, 'utf8')));
    await page.route('**/*', (route) => this.#answer(route));
    await page.goto(address.replace('engram://studio', HOST));
    this.webContents.page = page;
    this.emit('ready-to-show');
    process.send?.({ type: 'window', endpoint: `http://127.0.0.1:${port}` });
  }

  async #invoke(frame, channel, args) {
    const senderFrame = { url: toScheme(frame.url()), parent: frame.parentFrame() === null ? null : {} };
    // Both ways through a structured clone, as Electron does it.
    return structuredClone(await record.handlers.get(channel)({ sender: this.webContents, senderFrame }, ...structuredClone(args)));
  }

  async #answer(route) {
    const request = route.request();
    const address = toScheme(request.url());
    const handler = record.schemeHandlers.get(new URL(address).protocol.slice(0, -1));
    if (handler === undefined) return route.abort();
    const response = await handler(new Request(address, { method: request.method() }));
    return route.fulfill({ status: response.status, headers: Object.fromEntries(response.headers), body: Buffer.from(await response.arrayBuffer()) });
  }

  show() {}
  maximize() {}
  focus() {}
  restore() {}
  isMinimized() { return false; }
  isMaximized() { return false; }
  isDestroyed() { return this.#destroyed; }
  getNormalBounds() { return this.bounds; }

  /** @param {boolean} quitting Then the program hears of no last window, as in Electron. */
  async close(quitting = false) {
    this.emit('close', { preventDefault: () => undefined });
    await this.destroy();
    this.emit('closed');
    if (!quitting && record.openWindows.size === 0) app.emit('window-all-closed');
  }

  async destroy() {
    if (this.#destroyed) return;
    this.#destroyed = true;
    record.openWindows.delete(this);
    await this.#browser?.close().catch(() => undefined);
  }
}
