import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProofContext } from '../framework/proof.ts';

/** A studio that is served, as a process of its own. */
export interface ServedStudio { readonly url: string; readonly main: ChildProcess; close(): Promise<void> }

/** Starts `engram serve` with folders of its own below the proof's. @throws Error with what it told when it ends at once. */
export async function serveStudio(context: ProofContext, graph?: string): Promise<ServedStudio> {
  const root = join(context.workFolder, 'studio');
  await mkdir(root, { recursive: true });
  const env = { ...process.env, ENGRAM_DATA: join(root, 'data'), ENGRAM_CACHE: join(root, 'cache'), ENGRAM_SETTINGS: join(root, 'settings.json') };
  const args = [join(context.root, 'dist', 'cli.mjs'), 'serve', '--out', join(root, 'outputs'), ...(graph === undefined ? [] : [graph])];
  const main = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let told = '';
  main.stderr.setEncoding('utf8').on('data', (text: string) => { told += text; });
  const url = await new Promise<string>((resolve, reject) => {
    main.stdout.once('data', (chunk: Buffer) => { resolve(chunk.toString().trim()); });
    main.once('exit', (code) => { reject(new Error(`engram serve ended with ${code}: ${told}`)); });
  });
  return {
    url, main,
    async close() {
      if (main.exitCode !== null) return;
      const ended = once(main, 'exit');
      main.kill('SIGTERM');
      await ended;
    },
  };
}
