import { watch, type FSWatcher } from 'node:fs';

/** Copying a model makes many changes: they are told as one. */
const TOLD_AFTER_MS = 700;

/** Tells when something appears in folders or goes from them, not deeper. Folders that can't be watched are left out: looking again by hand finds what is there. @returns what ends it. */
export function watchFolders(folders: readonly string[], onChange: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const watchers = folders.flatMap((folder): FSWatcher[] => {
    try {
      const watcher = watch(folder, { persistent: false }, () => {
        clearTimeout(timer);
        timer = setTimeout(onChange, TOLD_AFTER_MS);
        timer.unref();
      });
      // A disk that is taken away ends it.
      return [watcher.on('error', () => watcher.close())];
    } catch {
      return [];
    }
  });
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}
