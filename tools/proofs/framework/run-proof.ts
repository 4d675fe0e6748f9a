import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describeMachine, type Machine } from './machine.ts';
import type { Proof, ProofContext, ProofResult } from './proof.ts';
import { findReferencePython, type ReferencePython } from './reference-python.ts';

/** The one line that a proof prints. */
export interface ProofReport extends ProofResult {
  readonly name: string;
  readonly machine: Machine;
}

/**
 * Measures one proof. Whatever it throws becomes its reason: a report always comes back.
 *
 * @param proof What to run.
 * @param root Repository root.
 * @param log Where progress goes.
 * @returns The report, with `seconds` added to the figures.
 */
export async function runProof(proof: Proof, root: string, log: (line: string) => void): Promise<ProofReport> {
  const workFolder = join(root, '.cache', 'proofs', proof.name);
  rmSync(workFolder, { recursive: true, force: true });
  mkdirSync(workFolder, { recursive: true });
  let python: Promise<ReferencePython> | undefined;
  const context: ProofContext = { root, workFolder, log, python: () => (python ??= findReferencePython(root, log)) };
  const started = performance.now();
  // Inside a promise: a proof may also throw before it returns one.
  const result = await Promise.resolve().then(() => proof.run(context)).catch((error: unknown) => failure(error, log));
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  const versions = await python?.then((found) => found.versions).catch(() => undefined);
  const { ok, figures, goals, reason } = result;
  return { name: proof.name, ok, figures: { ...figures, seconds }, goals, ...(reason !== undefined && { reason }), machine: describeMachine(root, versions) };
}

function failure(error: unknown, log: (line: string) => void): ProofResult {
  if (error instanceof Error && error.stack) log(error.stack);
  return { ok: false, figures: {}, goals: {}, reason: error instanceof Error ? error.message : String(error) };
}
