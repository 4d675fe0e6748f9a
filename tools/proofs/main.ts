import { proofCommand } from './framework/command.ts';
import { PROOFS } from './index.ts';

/**
 * Entry of `dist/proof.mjs`, called by tools/proof.mjs.
 *
 * @param args Command line after the program's name.
 * @param root Repository root.
 * @returns The exit code.
 */
export function main(args: readonly string[], root: string): Promise<number> {
  return proofCommand(args, root, PROOFS, {
    out: (line) => process.stdout.write(`${line}\n`),
    log: (line) => process.stderr.write(`${line}\n`),
  });
}
