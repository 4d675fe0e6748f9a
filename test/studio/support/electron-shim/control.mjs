/** Everything that the program has told the stand-in, and the far end of the test's commands. */
export const record = {
  sandboxEnabled: false,
  handlers: new Map(),
  schemes: [],
  /** Every window that was made. */
  windows: [],
  openWindows: new Set(),
  screens: [{ x: 0, y: 0, width: 1920, height: 1080 }],
  recentDocuments: [],
  dialogs: [],
  dialogAnswers: [],
  shown: [],
  /** Addresses that windows were told to load. */
  loaded: [],
  failures: [],
  engines: [],
  menu: undefined,
  permissionRequest: undefined,
  permissionCheck: undefined,
  devicePermission: undefined,
  schemeHandlers: new Map(),
};

function find(path) {
  let entries = record.menu;
  let found;
  for (const label of path) {
    found = entries?.find((entry) => entry.label?.replaceAll('&', '') === label);
    entries = found?.submenu;
  }
  return found;
}

function labels(entries, before = '') {
  return (entries ?? []).flatMap((entry) => {
    const name = `${before}${(entry.label ?? entry.role ?? '-').replaceAll('&', '')}`;
    return [name, ...labels(entry.submenu, `${name} > `)];
  });
}

/** Asks a listener of the first window whether it would stop something. */
function isPrevented(contents, event, ...args) {
  let prevented = false;
  contents.emit(event, { preventDefault: () => { prevented = true; } }, ...args);
  return prevented;
}

function ask({ what, value, origin }) {
  const [first] = record.windows;
  switch (what) {
    case 'permission': {
      let answer;
      record.permissionRequest(first.webContents, value, (allowed) => { answer = allowed; }, { requestingUrl: origin });
      return answer;
    }
    case 'check': return record.permissionCheck(first.webContents, value, origin);
    case 'device': return record.devicePermission({});
    case 'navigate': return isPrevented(first.webContents, 'will-navigate', value);
    case 'redirect': return isPrevented(first.webContents, 'will-redirect', value);
    case 'webview': return isPrevented(first.webContents, 'will-attach-webview', {}, {});
    case 'window': return first.webContents.windowOpenHandler({ url: value }).action;
  }
}

const ACTIONS = {
  menu: ({ path }) => {
    const entry = find(path);
    if (entry?.click === undefined) throw new Error(`no menu entry ${path.join(' > ')}`);
    entry.click();
  },
  menus: () => labels(record.menu),
  'answer-dialog': ({ path }) => void record.dialogAnswers.push(path),
  dialogs: () => record.dialogs,
  'second-instance': ({ args, folder }, app) => void app.emit('second-instance', {}, ['electron', 'main.mjs', ...args], folder),
  'open-file': ({ path }, app) => void app.emit('open-file', { preventDefault: () => undefined }, path),
  'forge-call': ({ url, subframe, foreign, name, input }) => {
    const contents = record.windows[0].webContents;
    const senderFrame = url === null ? null : { url, parent: subframe ? {} : null };
    return record.handlers.get('studio:call')({ sender: foreign ? { id: -1 } : contents, senderFrame }, name, input);
  },
  ask,
  record: () => ({
    sandboxEnabled: record.sandboxEnabled, schemes: record.schemes, windows: record.windows.map(({ options }) => options), shown: record.shown, loaded: record.loaded, failures: record.failures,
    engines: record.engines.map(({ options, child }) => ({ ...options, pid: child.pid })), recentDocuments: record.recentDocuments,
  }),
  fetch: async ({ address, method }) => {
    const response = await record.schemeHandlers.get(new URL(address).protocol.slice(0, -1))(new Request(address, { method }));
    return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
  },
  'kill-engine': () => void record.engines.at(-1)?.child.kill('SIGKILL'),
  'focus-window': ({ window }) => void record.windows[window].emit('focus'),
  'place-window': ({ window, bounds }) => { record.windows[window].bounds = bounds; },
  'close-window': ({ window }) => record.windows[window].close(),
  // Electron's word for it; the page itself lives on in the stand-in.
  'page-dies': ({ window, reason }) => void record.windows[window].webContents.emit('render-process-gone', {}, { reason }),
  quit: (_command, app) => void app.quit(),
};

/** Carries out what the test sends over Node's channel. */
export function answerCommands(app) {
  process.on('message', async (command) => {
    try {
      process.send({ type: 'answer', id: command.id, value: await ACTIONS[command.type](command, app) });
    } catch (error) {
      process.send({ type: 'answer', id: command.id, error: String(error) });
    }
  });
}
