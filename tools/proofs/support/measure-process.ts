import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { parseKilobyteLines } from '../../../src/main/engine/memory.ts';
import type { ProofContext } from '../framework/proof.ts';

/** How often a process's memory is read. */
const WATCH_MS = 100;

const timesSchema = z.object({ load: z.number(), create: z.number(), cold: z.number(), warm: z.number(), finite: z.boolean() });
export const measurementSchema = z.object({ ...timesSchema.shape, anonymousPeak: z.number(), mappedPeak: z.number() });
/** Seconds of one piece of work done cold and warm, and the peaks of private and mapped memory in bytes. */
export type Measurement = z.infer<typeof measurementSchema>;

/** One process that loads a model and does one job. Times and memory are of the same run. */
export interface MeasuredWork {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Private memory at which it is ended, in bytes, before the machine runs out; none when left out. */
  readonly mostAnonymous?: number;
}

/** A process was ended because it took too much private memory. */
export class TooMuchMemory extends Error {}

/** Peaks of a process's private and mapped memory, in bytes, until it ends. Linux tells them in /proc. */
function watch(pid: number, onPeak: (anonymous: number) => void): () => { anonymousPeak: number; mappedPeak: number } {
  const peaks = { anonymousPeak: 0, mappedPeak: 0 };
  const timer = setInterval(() => {
    let lines: ReadonlyMap<string, number>;
    try {
      lines = parseKilobyteLines(readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
      return; // it has just ended
    }
    peaks.anonymousPeak = Math.max(peaks.anonymousPeak, lines.get('RssAnon') ?? 0);
    peaks.mappedPeak = Math.max(peaks.mappedPeak, lines.get('RssFile') ?? 0);
    onPeak(peaks.anonymousPeak);
  }, WATCH_MS);
  return () => {
    clearInterval(timer);
    return peaks;
  };
}

/** Runs a process that prints its times as one JSON line, and watches its memory from outside. @throws TooMuchMemory when it was ended for that; Error when it fails. */
export function measureProcess(context: ProofContext, { name, command, args, mostAnonymous = Infinity }: MeasuredWork): Promise<Measurement> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: context.root, stdio: ['ignore', 'pipe', 'pipe'] });
    const stop = watch(child.pid ?? 0, (anonymous) => { if (anonymous > mostAnonymous) child.kill('SIGKILL'); });
    let output = '';
    let complaints = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => { output += text; });
    child.stderr.setEncoding('utf8').on('data', (text: string) => { complaints += text; });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const peaks = stop();
      if (peaks.anonymousPeak > mostAnonymous) reject(new TooMuchMemory(`${name} took more than ${Math.round(mostAnonymous / 1e9)} GB of private memory`));
      else if (code === 0) resolve({ ...timesSchema.parse(JSON.parse(output)), ...peaks });
      else reject(new Error(`${name} ended with ${signal ?? String(code)}: ${complaints.slice(-500)}`));
    });
  });
}
