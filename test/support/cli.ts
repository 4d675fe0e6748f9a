import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { ErrorData } from '../../src/contract/errors.ts';
import { ROOT } from '../../tools/lib/paths.mjs';

/** The built command line, as `npm test` and the test setup leave it. */
const PROGRAM = join(ROOT, 'dist', 'cli.mjs');

export interface CliResult {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The answer of `run --json`. */
export interface RunAnswer {
  readonly outputs: readonly { readonly node: string; readonly kind: string; readonly path: string; readonly sha256: string; readonly pixels?: string }[];
  readonly nodes: readonly { readonly id: string; readonly type: string; readonly ms: number; readonly cached: boolean }[];
  readonly error?: ErrorData;
}

export interface CliOptions {
  /** Working folder. */
  readonly cwd: string;
  /** Called with everything that was written to stderr so far, and the process. */
  readonly onStderr?: (text: string, child: ChildProcess) => void;
}

/** Runs the command line as a process of its own, with a cache and settings below `cwd`. */
export function engram(args: readonly string[], { cwd, onStderr }: CliOptions): Promise<CliResult> {
  const env = { ...process.env, ENGRAM_CACHE: join(cwd, 'cache'), ENGRAM_SETTINGS: join(cwd, 'settings.json') };
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => { out += chunk.toString(); });
  child.stderr.on('data', (chunk: Buffer) => { err += chunk.toString(); onStderr?.(err, child); });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => { resolve({ code, out, err }); });
  });
}
