import { readFile } from 'node:fs/promises';
import type { MemoryReport } from '../../contract/devices.ts';

/** Lines of a /proc file such as `Anonymous:  1234 kB`, in bytes. */
export function parseKilobyteLines(text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const match of text.matchAll(/^(\w+):\s+(\d+) kB$/gm)) {
    const [, name, kilobytes] = match;
    if (name !== undefined && kilobytes !== undefined) found.set(name, Number(kilobytes) * 1024);
  }
  return found;
}

async function readLines(path: string): Promise<ReadonlyMap<string, number>> {
  try {
    return parseKilobyteLines(await readFile(path, 'utf8'));
  } catch (error) {
    // Not Linux, or a kernel or container that hides this file: the caller reports less.
    if (['ENOENT', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return new Map();
    throw error;
  }
}

/**
 * Memory of this process, private and mapped apart. On Linux from `smaps_rollup` (exact), else from `status`;
 * on other systems only the resident size is known.
 */
export async function readMemory(processFolder = '/proc/self'): Promise<MemoryReport> {
  const [rollup, status] = await Promise.all([readLines(`${processFolder}/smaps_rollup`), readLines(`${processFolder}/status`)]);
  const resident = rollup.get('Rss') ?? status.get('VmRSS') ?? process.memoryUsage().rss;
  const anonymous = rollup.get('Anonymous') ?? status.get('RssAnon');
  return {
    resident,
    private: anonymous,
    mapped: anonymous === undefined ? undefined : resident - anonymous,
    peakResident: status.get('VmHWM'),
  };
}
