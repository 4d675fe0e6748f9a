/**
 * A stand-in for the `electron` module: the part of it that the program uses, over Node, playwright and the Chromium that is installed.
 * What it can't stand in for: contextBridge's own rules of cloning, the renderer's sandbox, fuses, the archive, real menus and dialogs.
 */
import { fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { app } from './app.mjs';
import { answerCommands, record } from './control.mjs';
import { ShimWindow, serveScheme } from './window.mjs';

export { app };
export const BrowserWindow = ShimWindow;

export const ipcMain = {
  handle(channel, handler) { record.handlers.set(channel, handler); },
};

export const protocol = {
  registerSchemesAsPrivileged(schemes) { record.schemes.push(...schemes); },
  handle(scheme, handler) { serveScheme(scheme, handler); },
};

export const session = {
  defaultSession: {
    setPermissionRequestHandler(handler) { record.permissionRequest = handler; },
    setPermissionCheckHandler(handler) { record.permissionCheck = handler; },
    setDevicePermissionHandler(handler) { record.devicePermission = handler; },
  },
};

export const Menu = {
  buildFromTemplate: (template) => template,
  setApplicationMenu: (menu) => { record.menu = menu; },
};

export const screen = { getAllDisplays: () => record.screens.map((workArea) => ({ workArea })) };

export const shell = { showItemInFolder: (path) => { record.shown.push(path); } };

async function showDialog(kind, args) {
  const options = args.at(-1);
  record.dialogs.push({ kind, ...options });
  const path = record.dialogAnswers.shift() ?? null;
  return kind === 'save' ? { canceled: path === null, filePath: path ?? '' } : { canceled: path === null, filePaths: path === null ? [] : [path] };
}

export const dialog = {
  showOpenDialog: (...args) => showDialog('open', args),
  showSaveDialog: (...args) => showDialog('save', args),
  showErrorBox: (title, text) => {
    record.failures.push({ title, text });
    process.stderr.write(`${title}: ${text}\n`);
  },
};

export const utilityProcess = {
  fork(program, args, options) {
    const child = fork(program, args, { execArgv: ['--import', new URL('./utility-parent.mjs', import.meta.url).href], serialization: 'advanced', stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    record.engines.push({ child, options });
    const utility = new EventEmitter();
    child.on('message', (message) => utility.emit('message', message));
    child.on('close', (code, signal) => utility.emit('exit', code ?? { SIGKILL: 9, SIGABRT: 6, SIGSEGV: 11 }[signal] ?? 1));
    return Object.assign(utility, { stdout: child.stdout, stderr: child.stderr, postMessage: (message) => child.send(message, () => undefined), kill: () => child.kill('SIGTERM'), get pid() { return child.pid; } });
  },
};

answerCommands(app);
