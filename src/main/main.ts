import { join } from 'node:path';
import { app, BrowserWindow, dialog, ipcMain, Menu, protocol, screen, session, shell, utilityProcess, type MenuItemConstructorOptions } from 'electron';
import { programFolder } from './cli/workspace.ts';
import { readPageFiles } from './ipc/page-files.ts';
import { CALL_CHANNEL, EVENT_CHANNEL } from './shell/channels.ts';
import { Desktop } from './shell/desktop.ts';
import { isStudioPage, PAGE_ADDRESS, PAGE_SCHEME } from './shell/pages.ts';
import type { DialogRequest, ShellPlatform, ShellWindow, WindowBounds } from './shell/platform.ts';
import { utilityEngine } from './shell/utility-engine.ts';
import { openStudioHost } from './studio-host.ts';

// Electron's side of the shell: what it does is in src/main/shell, this file only says how Electron does it.

const PROGRAM = programFolder();

// Before 'ready', once. No `bypassCSP`, no `allowServiceWorkers`.
protocol.registerSchemesAsPrivileged([{ scheme: PAGE_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } }]);
// Pages can't leave the sandbox, whatever a window was made with.
app.enableSandbox();

/** Nothing that a page does opens a window, leads elsewhere, or attaches another page. */
app.on('web-contents-created', (_event, contents) => {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  contents.on('will-navigate', (event, address) => { if (!isStudioPage(address)) event.preventDefault(); });
  contents.on('will-redirect', (event, address) => { if (!isStudioPage(address)) event.preventDefault(); });
  contents.on('will-attach-webview', (event) => { event.preventDefault(); });
  // Unsaved work is kept by itself: a window closes when it is told to.
  contents.on('will-prevent-unload', (event) => { event.preventDefault(); });
});

function boundsOf(window: BrowserWindow): WindowBounds {
  return { ...window.getNormalBounds(), maximized: window.isMaximized() };
}

function openWindow(bounds: WindowBounds | undefined): ShellWindow {
  const { maximized = false, ...place } = bounds ?? { width: 1440, height: 900 };
  const window = new BrowserWindow({
    ...place, minWidth: 640, minHeight: 480, show: false, backgroundColor: '#16181d', title: 'Engram Studio',
    webPreferences: {
      preload: join(PROGRAM, 'dist', 'preload.cjs'), contextIsolation: true, sandbox: true, nodeIntegration: false, nodeIntegrationInWorker: false, nodeIntegrationInSubFrames: false,
      webSecurity: true, allowRunningInsecureContent: false, experimentalFeatures: false, webviewTag: false, navigateOnDragDrop: false, spellcheck: false,
    },
  });
  if (maximized) window.maximize();
  let last = boundsOf(window);
  window.on('close', () => { last = boundsOf(window); });
  window.once('ready-to-show', () => { window.show(); });
  void window.loadURL(PAGE_ADDRESS);
  return {
    id: window.webContents.id,
    send: (message) => { if (!window.isDestroyed()) window.webContents.send(EVENT_CHANNEL, message); },
    focus: () => {
      if (window.isMinimized()) window.restore();
      window.focus();
    },
    reload: () => { if (!window.isDestroyed()) window.webContents.reload(); },
    bounds: () => last,
    onFocused: (listener) => void window.on('focus', listener),
    onPageDied: (listener) => void window.webContents.on('render-process-gone', (_event, { reason }) => { listener(reason); }),
    onClosed: (listener) => void window.on('closed', listener),
  };
}

async function askForFile(windowId: number | undefined, { kind, title, folder, suggested, filters }: DialogRequest): Promise<string | null> {
  const parent = BrowserWindow.getAllWindows().find((window) => window.webContents.id === windowId);
  const common = { title, filters: filters.map((filter) => ({ ...filter })), ...(suggested === undefined ? {} : { defaultPath: suggested }) };
  if (kind === 'save') {
    const { filePath, canceled } = await (parent === undefined ? dialog.showSaveDialog(common) : dialog.showSaveDialog(parent, common));
    return canceled || filePath === '' ? null : filePath;
  }
  const options = { ...common, properties: [folder ? 'openDirectory' : 'openFile'] as ('openDirectory' | 'openFile')[] };
  const { filePaths } = await (parent === undefined ? dialog.showOpenDialog(options) : dialog.showOpenDialog(parent, options));
  return filePaths[0] ?? null;
}

function onQuit(work: () => Promise<void>): void {
  let done = false;
  app.on('will-quit', (event) => {
    if (done) return;
    event.preventDefault();
    // What can't be closed in time is recovered at the next start.
    const limit = new Promise<void>((resolve) => { setTimeout(resolve, 8000); });
    void Promise.race([work().catch(() => undefined), limit]).then(() => {
      done = true;
      app.quit();
    });
  });
}

function onPermission(allowed: (permission: string, origin: string) => boolean): void {
  session.defaultSession.setPermissionRequestHandler((_contents, permission, answer, { requestingUrl }) => { answer(allowed(permission, requestingUrl)); });
  session.defaultSession.setPermissionCheckHandler((_contents, permission, origin) => allowed(permission, origin));
  session.defaultSession.setDevicePermissionHandler(() => false);
}

const platform: ShellPlatform = {
  system: process.platform,
  args: process.argv.slice(app.isPackaged ? 1 : 2),
  workFolder: process.cwd(),
  documentsFolder: () => app.getPath('documents'),
  becomeOnly(onSecond) {
    if (!app.requestSingleInstanceLock()) return false;
    app.on('second-instance', (_event, args, folder) => { onSecond(args.slice(app.isPackaged ? 1 : 2), folder); });
    return true;
  },
  onOpenFile: (listener) => void app.on('open-file', (event, path) => {
    event.preventDefault();
    listener(path);
  }),
  ready: () => app.whenReady(),
  servePages: (answer) => {
    protocol.handle(PAGE_SCHEME, (request) => {
      const { status, headers, body } = answer(request.url, request.method);
      return new Response(body as string | Uint8Array<ArrayBuffer>, { status, headers });
    });
  },
  onPermission,
  onCall: (handler) => {
    ipcMain.handle(CALL_CHANNEL, (event, name: unknown, input: unknown) => {
      const frame = event.senderFrame;
      return handler({ url: frame?.url, isMainFrame: frame !== null && frame.parent === null, window: event.sender.id }, name, input);
    });
  },
  screens: () => screen.getAllDisplays().map(({ workArea }) => workArea),
  openWindow,
  setMenu: (entries) => { Menu.setApplicationMenu(Menu.buildFromTemplate(entries as MenuItemConstructorOptions[])); },
  addRecentDocument: (path) => { app.addRecentDocument(path); },
  askForFile,
  showInFolder: (path) => { shell.showItemInFolder(path); },
  showFailure: (title, text) => { dialog.showErrorBox(title, text); },
  forkEngine: (program) => utilityEngine(utilityProcess.fork(program, [], { serviceName: 'Engram Studio engine', stdio: 'pipe' })),
  onActivate: (listener) => void app.on('activate', listener),
  onAllClosed: (listener) => void app.on('window-all-closed', listener),
  onQuit,
  quit: () => { app.quit(); },
};

// Not awaited: Electron becomes ready once this module was evaluated.
void new Desktop({
  platform,
  readFiles: () => readPageFiles(join(PROGRAM, 'dist', 'renderer')),
  openStudio: (emit) => {
    const home = join(platform.documentsFolder(), 'Engram Studio');
    return openStudioHost({ spawn: (program) => platform.forkEngine(program), emit, outputFolder: join(home, 'outputs'), workFolder: home });
  },
}).start();
