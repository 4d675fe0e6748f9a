import { readIdentities } from '../../../src/main/cli/benchmark/data.ts';
import { judge, type ProofContext, type ProofResult } from '../framework/proof.ts';
import { benchmarkFolder, runIdentityBenchmark, type IdentityAnswer } from './benchmark.ts';
import { least } from './compare.ts';
import { measureProbeAccuracy } from './probe-accuracy.ts';

function methodOf({ methods }: IdentityAnswer, name: string): IdentityAnswer['methods'][number] {
  const found = methods.find(({ method }) => method === name);
  if (found === undefined) throw new Error(`the benchmark told nothing of ${name}`);
  return found;
}

/**
 * The identity benchmark, as `engram benchmark identity` prints it: eight identities, twenty prompts with unseen scenes each, three seeds. Identity counts the
 * attributes that the base shows at most ten points more often than chance, and an identity counts that has any; the mark, which no caption names, is told apart and has no goal.
 */
export async function measureIdentity(context: ProofContext, backbone: string): Promise<ProofResult> {
  const answer = await runIdentityBenchmark(context, backbone, ['--no-pairs']);
  const { identities } = await readIdentities(benchmarkFolder(context));
  const [base, engram] = [methodOf(answer, 'base'), methodOf(answer, 'engram')];
  const figures = {
    identities: answer.identities.length, identitiesCounted: answer.identities.filter(({ counted }) => counted.length > 0).length,
    promptsPerIdentity: least(identities.map(({ prompts }) => prompts.length)), seeds: answer.seeds.length, identity: engram.identity?.mean ?? null, identityWorst: engram.identity?.worst ?? null, baseIdentity: base.identity?.mean ?? null, chance: base.identityChance,
    mark: engram.mark.mean, markWorst: engram.mark.worst, baseMark: base.mark.mean, markChance: base.markChance, scene: engram.scene.mean, sceneWorst: engram.scene.worst, baseScene: base.scene.mean,
    changedStatesInAnyStream: Object.values(answer.leak.streams).reduce((sum, { changed }) => sum + changed, 0),
    diversity: engram.diversity.mean, baseDiversity: base.diversity.mean, ...answer.leak, ...await measureProbeAccuracy(context),
  };
  return judge(figures, {
    identities: { equals: 8 }, identitiesCounted: { equals: 8 }, promptsPerIdentity: { atLeast: 20 }, seeds: { atLeast: 3 }, identity: { atLeast: 0.8 }, scene: { atLeast: 0.85 }, controls: { atLeast: 100 }, changedPictures: { equals: 0 }, changedStates: { equals: 0 }, changedStatesInAnyStream: { equals: 0 },
    probeAccuracyWorst: { atLeast: 0.98 },
  });
}
