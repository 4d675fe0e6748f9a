import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BatchFileInput } from '../../../src/contract/batch-file.ts';
import type { ProofContext } from '../framework/proof.ts';

const PROMPTS = ['a portrait of a fox in a red coat in a snowy forest at night', 'a silver robot with a blue wizard hat in the desert at sunset', 'a person in a castle garden by day', 'a cat in a yellow jacket in a snowy forest at night'];

/** Writes a batch of pocket rows, a few steps each: 4 prompts by as many seeds as make the number of rows. @returns its path. */
export async function writePocketBatch(context: ProofContext, folder: string, name: string, options: { readonly rows: number; readonly firstSeed: number; readonly steps: number; readonly width: number }): Promise<string> {
  const batch: BatchFileInput = {
    format: 'engram-batch', version: 1, name, graph: 'render.graph.json', set: { 'sample.steps': options.steps, 'sample.guidanceScale': 1 },
    groups: [
      { prompt: { set: 'prompts.prompts', values: PROMPTS } },
      { seed: { set: 'latent.seeds', values: { seeds: Math.ceil(options.rows / PROMPTS.length), from: options.firstSeed } } },
    ],
    width: options.width, output: { name: '{prompt:slug}/{seed}' }, gallery: false,
  };
  await writeFile(join(folder, 'render.graph.json'), readFileSync(join(context.root, 'graphs', 'render.graph.json')));
  const path = join(folder, `${name}.batch.json`);
  await writeFile(path, JSON.stringify(batch, undefined, 2));
  return path;
}

/** A batch in a process of its own, in a process group of its own, so that all of it can be killed. */
export interface BatchProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Settles when it has ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** What it wrote to its error stream. */
  readonly told: () => string;
}

/** Starts `engram batch` on the CPU. @param cache A cache folder of the caller's. */
export function startBatch(context: ProofContext, file: string, out: string, cache: string, more: readonly string[] = []): BatchProcess {
  const env = { ...process.env, CI: '1', ENGRAM_CACHE: cache };
  const child = spawn(process.execPath, [join(context.root, 'dist', 'cli.mjs'), 'batch', file, '--out', out, '--device', 'cpu', ...more], { cwd: context.root, env, detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => { told = (told + text).slice(-20_000); });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => { resolve({ code, signal }); });
  });
  return { child, pid: child.pid as number, ended, told: () => told };
}

/** Children of a process, by /proc; none when it has ended. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter((text) => text !== '').map(Number);
  } catch {
    return [];
  }
}

/** Resident memory in bytes and open file handles of a process; undefined when it has ended. */
export function readUse(pid: number): { readonly resident: number; readonly handles: number } | undefined {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return { resident: Number(kilobytes) * 1024, handles: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    return undefined;
  }
}
