import { z } from 'zod';
import { inputError, type AppError } from '../../../contract/errors.ts';
import { printable } from '../../core/printable.ts';
import { parseSafetensorsHeader } from '../../core/safetensors/header.ts';
import { readTensor } from '../../core/safetensors/read.ts';
import { writeSafetensors, type NamedTensor } from '../../core/safetensors/write.ts';
import type { TrainingSettings } from '../../core/training.ts';

/** What the `format` entry of a checkpoint says. */
export const CHECKPOINT_FORMAT = 'engram-training-checkpoint';
const CHECKPOINT_VERSION = '1';

/** What a run's numbers depend on. A checkpoint goes on only where all but the device is the same. */
export interface CheckpointIdentity {
  readonly settings: TrainingSettings;
  /** Fingerprints (SHA-256) of the table that training started from, of the data and of the frozen model. */
  readonly table: string;
  readonly data: string;
  readonly model: string;
  readonly objective: string;
  /** Provider, runtime version and threads: another one may change last digits. */
  readonly device: string;
}

/** All that exact resume needs. */
export interface TrainingCheckpoint {
  readonly identity: CheckpointIdentity;
  /** Optimizer steps done. */
  readonly step: number;
  /** Losses of the last steps, oldest first. */
  readonly losses: readonly number[];
  /** States of data order and draws. */
  readonly standing: { readonly order: unknown; readonly draws: unknown };
  /** Parameters and moments. */
  readonly tensors: readonly NamedTensor[];
}

const groupSchema = z.object({ rate: z.number(), weightDecay: z.number() });
const stateSchema = z.object({
  identity: z.object({
    settings: z.object({
      steps: z.number(), batch: z.number(), accumulation: z.number(), seed: z.number(), shuffle: z.boolean(), lastBatch: z.enum(['keep', 'drop']),
      vectors: groupSchema, scale: groupSchema, schedule: z.string(), warmUp: z.number(),
    }),
    table: z.string(), data: z.string(), model: z.string(), objective: z.string(), device: z.string(),
  }),
  step: z.int().min(0),
  losses: z.array(z.number()),
  standing: z.object({ order: z.unknown(), draws: z.unknown() }),
});

/** A checkpoint as the bytes of a safetensors file: parameters and moments as tensors, all else as JSON in its metadata. Equal states give equal bytes. */
export function encodeCheckpoint({ tensors, ...state }: TrainingCheckpoint): Uint8Array {
  return writeSafetensors(tensors, { format: CHECKPOINT_FORMAT, format_version: CHECKPOINT_VERSION, state: JSON.stringify(state) });
}

/**
 * Reads a checkpoint that is to be gone on with.
 * @param expected What the run at hand is: its settings, data, model and starting table must be the checkpoint's.
 * @throws AppError when the file is damaged or of another run; it names what differs.
 */
export function decodeCheckpoint(bytes: Uint8Array, label: string, expected: CheckpointIdentity): TrainingCheckpoint {
  const index = parseSafetensorsHeader(bytes, bytes.length, label);
  for (const [key, wanted] of [['format', CHECKPOINT_FORMAT], ['format_version', CHECKPOINT_VERSION]] as const) {
    const got = index.metadata.get(key);
    if (got !== wanted) throw fault(label, `metadata "${key}" must be "${wanted}"`, got === undefined ? 'none' : printable(got));
  }
  const parsed = stateSchema.safeParse(parseJson(index.metadata.get('state') ?? ''));
  if (!parsed.success) throw fault(label, `metadata "state" must be the JSON of a training state: ${z.prettifyError(parsed.error)}`);
  const { identity, ...state } = parsed.data;
  checkIdentity(identity, expected, label);
  const tensors = [...index.tensors.keys()].map((name) => ({ name, ...readTensor(index, name, bytes, label) }));
  return { identity, ...state, tensors };
}

function checkIdentity(found: CheckpointIdentity, expected: CheckpointIdentity, label: string): void {
  const [ours, theirs] = [flatten(expected), flatten(found)];
  for (const [name, wanted] of ours) {
    const got = theirs.get(name);
    if (name !== 'device' && got !== wanted) {
      throw inputError('train.checkpoint-identity', label, `the checkpoint must be of the same training: ${name} is ${printable(wanted)}`, { got: printable(got), hint: 'Go on with what it was begun with, or begin anew' });
    }
  }
}

/** Every part of an identity by its name, settings one by one. */
function flatten({ settings, ...parts }: CheckpointIdentity): Map<string, unknown> {
  const { vectors, scale, ...plain } = settings;
  const groups = [['vectors', vectors], ['scale', scale]] as const;
  return new Map<string, unknown>([
    ...Object.entries(plain),
    ...groups.flatMap(([name, group]) => [[`${name} learning rate`, group.rate], [`${name} weight decay`, group.weightDecay]] as [string, unknown][]),
    ...Object.entries(parts),
  ]);
}

function fault(label: string, rule: string, got?: string): AppError {
  return inputError('train.checkpoint', label, rule, { ...(got === undefined ? {} : { got }), hint: 'The file is damaged or no checkpoint: begin anew' });
}

/** The value of a JSON text; undefined, which no JSON text stands for, when it is none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
