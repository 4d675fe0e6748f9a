import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** How long Electron's own installer may take. */
const FETCH_MS = 5 * 60 * 1000;

/**
 * Finds the Electron program: the folder that `ELECTRON_OVERRIDE_DIST_PATH` names, else the one that Electron's installer has filled.
 *
 * @param {string} root Repository root.
 * @param {NodeJS.ProcessEnv} environment
 * @param {NodeJS.Platform} platform
 * @returns {string | undefined} Its path, or undefined when there is none.
 */
export function findElectron(root, environment = process.env, platform = process.platform) {
  const home = join(root, 'node_modules', 'electron');
  const record = join(home, 'path.txt');
  const usual = platform === 'win32' ? 'electron.exe' : platform === 'darwin' ? 'Electron.app/Contents/MacOS/Electron' : 'electron';
  const name = existsSync(record) ? readFileSync(record, 'utf8').trim() : usual;
  const given = environment['ELECTRON_OVERRIDE_DIST_PATH'];
  const path = given ? join(given, name) : join(home, 'dist', name);
  return existsSync(path) ? path : undefined;
}

/**
 * Has Electron's own installer fetch the program, which checks what it has fetched against the package's checksums.
 *
 * @param {string} root Repository root.
 * @param {(line: string) => void} log Where progress goes.
 * @returns {string | undefined} Why that failed, in one line; undefined when it went well.
 */
export function fetchElectron(root, log) {
  const { version } = /** @type {{ version: string }} */ (JSON.parse(readFileSync(join(root, 'node_modules', 'electron', 'package.json'), 'utf8')));
  log(`Fetching Electron ${version} (once) …`);
  const result = spawnSync(process.execPath, [join(root, 'node_modules', 'electron', 'install.js')], { cwd: root, encoding: 'utf8', timeout: FETCH_MS });
  if (result.status === 0) return undefined;
  const said = `${result.stderr ?? ''}`.split('\n').map((line) => line.trim()).find((line) => /Error|failed/i.test(line));
  return said ?? (result.error ? result.error.message : `its installer ended with ${result.signal ?? result.status}`);
}

/**
 * What `npm start` does on this machine.
 *
 * @param {object} machine
 * @param {NodeJS.ProcessEnv} machine.environment
 * @param {boolean} machine.isTerminal Whether a person sits at it.
 * @param {NodeJS.Platform} machine.platform
 * @returns {'run' | 'window' | 'browser'} Run the shipped graph and end; open a window; or serve to a browser, since windows need a screen.
 */
export function chooseStart({ environment, isTerminal, platform }) {
  if (environment['CI'] !== undefined || !isTerminal) return 'run';
  const hasScreen = platform !== 'linux' || Boolean(environment['DISPLAY']) || Boolean(environment['WAYLAND_DISPLAY']);
  return hasScreen ? 'window' : 'browser';
}
