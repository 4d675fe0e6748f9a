import type { RunFiles } from '../runtime/plan-graph.ts';
import type { FileHashes } from './file-hashes.ts';
import { resolveRead, type ReadScope } from './path-scope.ts';

/** What the executor asks about files: paths within a scope, and hashes of their contents. */
export function createRunFiles(scope: ReadScope, hashes: FileHashes): RunFiles {
  return {
    resolveRead: (value, where) => resolveRead(scope, value, where),
    fingerprint: (path) => hashes.path(path),
  };
}
