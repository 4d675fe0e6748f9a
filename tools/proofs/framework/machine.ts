import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import type { ReferenceVersions } from './reference-python.ts';

/** What the figures of a proof were measured on. No host name, no time of day. */
export interface Machine {
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGigabytes: number;
  readonly node: string;
  readonly onnxruntime: string;
  /** Versions of the reference Python, when the proof used one. */
  readonly reference?: ReferenceVersions;
}

/**
 * Describes this machine.
 *
 * @param root Repository root, where the installed onnxruntime-node is looked up.
 * @param reference Versions of the reference Python, if one was used.
 * @returns The description.
 */
export function describeMachine(root: string, reference?: ReferenceVersions): Machine {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules', 'onnxruntime-node', 'package.json'), 'utf8')) as { version: string };
  return {
    platform: `${process.platform}-${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGigabytes: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    node: process.versions.node,
    onnxruntime: version,
    ...(reference && { reference }),
  };
}
