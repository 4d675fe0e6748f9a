import { EventEmitter } from 'node:events';
import { tmpdir } from 'node:os';
import { record } from './control.mjs';

class App extends EventEmitter {
  isPackaged = false;
  #ready = Promise.resolve();

  whenReady() { return this.#ready; }
  requestSingleInstanceLock() { return process.env.SHIM_SECOND_INSTANCE === undefined; }
  enableSandbox() { record.sandboxEnabled = true; }
  addRecentDocument(path) { record.recentDocuments.push(path); }
  getPath(name) { return name === 'documents' ? (process.env.SHIM_DOCUMENTS ?? tmpdir()) : tmpdir(); }

  /** Windows close first, then the program is asked. */
  async quit() {
    for (const window of [...record.openWindows]) await window.close(true);
    let prevented = false;
    this.emit('will-quit', { preventDefault: () => { prevented = true; } });
    if (prevented) return; // the program calls again when it has put everything away
    process.exit(0);
  }
}

/** Electron's `app`. */
export const app = new App();
