import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { z } from 'zod';
import type { ProofContext } from '../framework/proof.ts';

const reportSchema = z.object({
  testResults: z.array(z.object({ name: z.string(), assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })) })),
});

/** One test of a run. */
export interface TestOutcome {
  /** Relative to the repository root, with forward slashes. */
  readonly file: string;
  readonly name: string;
  readonly passed: boolean;
  /** Left out, or never come to. */
  readonly skipped: boolean;
}

/**
 * Runs test files, one after the other, and tells how every test of them went.
 * @param environment Variables for them alone.
 * @throws Error when vitest itself does not come to a report, or a file can't be run at all.
 */
export async function runTests(context: ProofContext, files: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<TestOutcome[]> {
  const report = join(context.workFolder, 'tests.json');
  const vitest = join(context.root, 'node_modules', 'vitest', 'vitest.mjs');
  await new Promise<void>((resolve, reject) => {
    const child = spawn(process.execPath, [vitest, 'run', ...files, '--no-file-parallelism', '--reporter=json', `--outputFile=${report}`], {
      cwd: context.root, env: { ...process.env, ...environment }, stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => { context.log(text.trimEnd()); });
    child.on('error', reject);
    child.on('close', () => { resolve(); }); // failures are in the report
  });
  const { testResults } = reportSchema.parse(JSON.parse(await readFile(report, 'utf8')));
  const outcomes = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ fullName, status }) => ({ file: relative(context.root, name).replaceAll('\\', '/'), name: fullName, passed: status === 'passed', skipped: !['passed', 'failed'].includes(status) })));
  const silent = files.filter((file) => !outcomes.some((outcome) => outcome.file === file));
  if (silent.length > 0) throw new Error(`These test files gave no result: ${silent.join(', ')}`);
  return outcomes;
}
