import { judge, type ProofContext, type ProofResult } from '../framework/proof.ts';
import { runIdentityBenchmark, type IdentityAnswer } from './benchmark.ts';

function methodOf({ methods }: IdentityAnswer, name: string): IdentityAnswer['methods'][number] {
  const found = methods.find(({ method }) => method === name);
  if (found === undefined) throw new Error(`the benchmark told nothing of ${name}`);
  return found;
}

/**
 * The identity benchmark, as `engram benchmark identity` prints it: eight identities, twenty prompts with unseen scenes each, three seeds. Identity counts the
 * attributes that the base shows at most ten points more often than chance; the mark, which no caption names, is told apart and has no goal.
 */
export async function measureIdentity(context: ProofContext, backbone: string): Promise<ProofResult> {
  const answer = await runIdentityBenchmark(context, backbone, ['--no-pairs']);
  const [base, engram] = [methodOf(answer, 'base'), methodOf(answer, 'engram')];
  const figures = {
    identities: answer.identities.length, identity: engram.identity?.mean ?? null, identityWorst: engram.identity?.worst ?? null, baseIdentity: base.identity?.mean ?? null, chance: base.identityChance,
    mark: engram.mark.mean, markWorst: engram.mark.worst, baseMark: base.mark.mean, markChance: base.markChance, scene: engram.scene.mean, sceneWorst: engram.scene.worst, baseScene: base.scene.mean,
    changedStatesInAnyStream: Object.values(answer.leak.streams).reduce((sum, { changed }) => sum + changed, 0),
    diversity: engram.diversity.mean, baseDiversity: base.diversity.mean, ...answer.leak, probeAccuracyWorst: Math.min(...Object.values(answer.probeAccuracy)),
  };
  return judge(figures, {
    identities: { equals: 8 }, identity: { atLeast: 0.8 }, scene: { atLeast: 0.85 }, controls: { atLeast: 100 }, changedPictures: { equals: 0 }, changedStates: { equals: 0 }, changedStatesInAnyStream: { equals: 0 },
    probeAccuracyWorst: { atLeast: 0.98 },
  });
}
