import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { promisify } from 'node:util';
import { z } from 'zod';
import { isRunning as isPidRunning } from '../atomic-write.ts';

/** One process of one machine since one start: its number alone is given to others later. */
export const processIdentitySchema = z.object({
  pid: z.int().min(1),
  host: z.string(),
  /** When it started, in whatever form the system tells it; '' where it doesn't. */
  started: z.string(),
});
export type ProcessIdentity = z.infer<typeof processIdentitySchema>;

/** What is known of processes. Tests put their own in its place. */
export interface Processes {
  self(): Promise<ProcessIdentity>;
  /** Whether it runs; undefined when that can't be known from here (another machine). */
  isRunning(identity: ProcessIdentity): Promise<boolean | undefined>;
  /** Whether there is any process of that number on this machine. */
  isPidRunning(pid: number): boolean;
}

/** Start of a process on Linux: boot id, and clock ticks since boot (field 22 of /proc/PID/stat, after the name in brackets). */
function linuxStart(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()} ${ticks}`;
}

async function startOf(pid: number): Promise<string> {
  try {
    if (process.platform === 'linux') return linuxStart(pid);
    if (process.platform === 'win32') return ''; // no cheap way: the lock's time of change decides there
    return (await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)])).stdout.trim();
  } catch {
    return ''; // it has just ended, or the system hides it
  }
}

/** The machine's own processes. */
export const systemProcesses: Processes = {
  isPidRunning,
  self: async () => ({ pid: process.pid, host: hostname(), started: await startOf(process.pid) }),
  async isRunning(identity) {
    if (identity.host !== hostname()) return undefined;
    if (!isPidRunning(identity.pid)) return false;
    const started = await startOf(identity.pid);
    if (started === '' || identity.started === '') return isPidRunning(identity.pid) ? undefined : false;
    return started === identity.started;
  },
};
