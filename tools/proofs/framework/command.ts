import { indexProofs, type Proof } from './proof.ts';
import { runProof } from './run-proof.ts';

/** Where a command writes: results on `out`, everything else on `log`. One call, one line. */
export interface Output {
  readonly out: (line: string) => void;
  readonly log: (line: string) => void;
}

/**
 * Carries out `proof list` and `proof NAME`.
 *
 * @param args Command line.
 * @param root Repository root.
 * @param proofs The proofs that there are.
 * @param output Where lines go.
 * @returns Exit code: 0 the proof holds, 1 it does not, 2 there is no such proof.
 */
export async function proofCommand(args: readonly string[], root: string, proofs: readonly Proof[], output: Output): Promise<number> {
  const byName = indexProofs(proofs);
  const [name, ...rest] = args;
  if (name === 'list' && rest.length === 0) {
    for (const proof of proofs) output.out(`${proof.name.padEnd(24)} ${String(proof.expectedSeconds).padStart(5)} s  ${proof.summary}`);
    return 0;
  }
  const proof = name === undefined || rest.length > 0 ? undefined : byName.get(name);
  if (!proof) {
    const known = [...byName.keys()].join(', ') || 'none yet';
    output.log(`Usage: npm run -s proof -- list | NAME; got "${args.join(' ')}", proofs: ${known}`);
    return 2;
  }
  output.log(`${proof.name}: ${proof.summary} (about ${proof.expectedSeconds} s on two cores)`);
  const report = await runProof(proof, root, output.log);
  output.out(JSON.stringify(report));
  return report.ok ? 0 : 1;
}
