import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Tensor } from '../../../src/main/core/ir/tensor.ts';
import { parseSafetensorsHeader } from '../../../src/main/core/safetensors/header.ts';
import { readTensor } from '../../../src/main/core/safetensors/read.ts';
import type { ProofContext } from '../framework/proof.ts';

const answerSchema = z.object({ cases: z.array(z.looseObject({ id: z.string(), folder: z.string() })) });

/** A case that the reference Python has just made. */
export interface LiveCase {
  readonly id: string;
  /** Absolute. */
  readonly folder: string;
  readonly [field: string]: unknown;
}

/** The seed of a proof's own cases: `ENGRAM_PROOF_SEED`, else a new one each time; it is among the figures, so that a run can be repeated. */
export function proofSeed(): number {
  const given = process.env['ENGRAM_PROOF_SEED'];
  return given === undefined ? randomInt(2 ** 31) : Number(given);
}

/** Has the reference Python make new random cases (tools/reference/live.py). @throws Error when it fails. */
export async function makeLiveCases(context: ProofContext, task: string, request: Readonly<Record<string, unknown>>): Promise<LiveCase[]> {
  const python = await context.python();
  const output = await python.run([join('tools', 'reference', 'live.py'), task], JSON.stringify({ folder: context.workFolder, ...request }));
  return answerSchema.parse(JSON.parse(output)).cases;
}

/** How many random cases replaced one whose float32 reference is too far from float64 to compare anything with. */
export function drawnAnew(cases: readonly LiveCase[]): number {
  return cases.reduce((sum, { draws }) => sum + Number(draws) - 1, 0);
}

/** Every tensor of a safetensors file, by name. */
export async function readTensorFile(path: string): Promise<Record<string, Tensor>> {
  const bytes = new Uint8Array(await readFile(path));
  const index = parseSafetensorsHeader(bytes, bytes.length, path);
  return Object.fromEntries([...index.tensors.keys()].map((name) => [name, readTensor(index, name, bytes, path)]));
}

/** A tensor that a case must have. @throws Error naming those that it has. */
export function tensorNamed(tensors: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`Case: no tensor "${name}" among ${Object.keys(tensors).join(', ')}`);
  return tensor;
}

/** `case.json` of a case folder. */
export async function readCaseInfo(folder: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(folder, 'case.json'), 'utf8')) as Record<string, unknown>;
}
