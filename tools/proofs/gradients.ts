import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { gradients } from '../../src/main/core/autodiff/gradients.ts';
import { meanOfAll, mul, sub } from '../../src/main/core/ops/functions.ts';
import { newGraph } from '../../src/main/core/ops/registry.ts';
import type { SessionProvider } from '../../src/main/core/session.ts';
import { defineProof, judge, type ProofContext } from './framework/proof.ts';
import { relativeL2, worst } from './support/compare.ts';
import { makeLiveCases, proofSeed, readCaseInfo, readTensorFile, tensorNamed, type LiveCase } from './support/live.ts';
import { addUnet, asFloats, openFolder, runOnce, withSessions } from './support/workbench.ts';

const RULE_TESTS = join('test', 'main', 'core', 'ops', 'gradients.test.ts');
const reportSchema = z.object({ numTotalTests: z.number(), numPassedTests: z.number() });

/** Runs the checks of every gradient rule against finite differences, and counts them. */
async function checkRules(context: ProofContext): Promise<{ readonly total: number; readonly passed: number }> {
  const file = join(context.workFolder, 'rules.json');
  const vitest = join(context.root, 'node_modules', 'vitest', 'vitest.mjs');
  await new Promise<void>((resolve, reject) => {
    const child = spawn(process.execPath, [vitest, 'run', RULE_TESTS, '--reporter=json', `--outputFile=${file}`], { cwd: context.root, stdio: ['ignore', 'ignore', 'inherit'] });
    child.on('error', reject);
    child.on('close', () => { resolve(); }); // failures are counted below
  });
  const { numTotalTests, numPassedTests } = reportSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  return { total: numTotalTests, passed: numPassedTests };
}

/** d mean((unet(x, t, states) - noise)^2) / d states of one case, against torch autograd. */
async function stateGradientError(sessions: SessionProvider, { folder }: LiveCase): Promise<{ readonly gradient: number; readonly loss: number }> {
  const inputs = await readTensorFile(join(folder, 'inputs.safetensors'));
  const outputs = await readTensorFile(join(folder, 'outputs.safetensors'));
  const model = await openFolder(join(folder, String((await readCaseInfo(folder))['folder'])));
  const [sample, states, noise] = [tensorNamed(inputs, 'sample'), tensorNamed(inputs, 'encoder_hidden_states'), tensorNamed(inputs, 'noise')];
  const builder = newGraph('training');
  const unet = await addUnet(builder, model, sample, states);
  const difference = sub(builder, unet.prediction, builder.input('noise', 'float32', noise.shape));
  const loss = meanOfAll(builder, mul(builder, difference, difference));
  builder.output('loss', loss);
  builder.output('gradient', gradients(builder, loss, [unet.states])[0] as typeof loss);
  const feeds = { latents: sample, timestep: asFloats(tensorNamed(inputs, 'timestep'), sample.shape[0]), states, noise };
  const results = await runOnce(sessions, folder, () => builder.build(), feeds);
  const wanted = Number(tensorNamed(outputs, 'loss').data[0]);
  return {
    gradient: relativeL2(tensorNamed(results, 'gradient').data as Float32Array, tensorNamed(outputs, 'encoder_hidden_states_gradient').data as Float32Array),
    loss: Math.abs(Number(tensorNamed(results, 'loss').data[0]) - wanted) / wanted,
  };
}

export const gradientsProof = defineProof({
  name: 'gradients',
  expectedSeconds: 240,
  summary: 'Every gradient rule equals finite differences, and d loss / d text states of new random U-Nets equals torch autograd.',
  async run(context) {
    const seed = proofSeed();
    const rules = await checkRules(context);
    context.log(`rules against finite differences: ${rules.passed} of ${rules.total}`);
    const cases = await makeLiveCases(context, 'gradients', { seed, cases: 6 });
    const errors: { gradient: number; loss: number }[] = [];
    await withSessions(async (sessions) => {
      for (const live of cases) {
        const error = await stateGradientError(sessions, live);
        context.log(`${live.id}: relative L2 ${error.gradient.toExponential(2)}, loss ${error.loss.toExponential(2)}`);
        errors.push(error);
      }
    });
    const figures = {
      ruleChecks: rules.total, ruleFailures: rules.total - rules.passed,
      stateGradientRelativeL2: worst(errors.map(({ gradient }) => gradient)), lossRelative: worst(errors.map(({ loss }) => loss)), cases: cases.length, seed,
    };
    return judge(figures, { ruleChecks: { atLeast: 100 }, ruleFailures: { equals: 0 }, stateGradientRelativeL2: { atMost: 1e-4 }, lossRelative: { atMost: 1e-4 } });
  },
});
