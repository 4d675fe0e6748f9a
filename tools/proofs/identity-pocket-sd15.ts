import { defineProof, judge, type ProofContext } from './framework/proof.ts';
import { runIdentityBenchmark, type IdentityAnswer } from './support/benchmark.ts';

function methodOf({ methods }: IdentityAnswer, name: string): IdentityAnswer['methods'][number] {
  const found = methods.find(({ method }) => method === name);
  if (found === undefined) throw new Error(`the benchmark told nothing of ${name}`);
  return found;
}

async function measure(context: ProofContext): Promise<ReturnType<typeof judge>> {
  const answer = await runIdentityBenchmark(context, ['--no-pairs']);
  const [base, engram] = [methodOf(answer, 'base'), methodOf(answer, 'engram')];
  const figures = {
    identities: answer.identities.length, identity: engram.identity?.mean ?? null, identityWorst: engram.identity?.worst ?? null, baseIdentity: base.identity?.mean ?? null, chance: base.identityChance,
    mark: engram.mark.mean, markWorst: engram.mark.worst, baseMark: base.mark.mean, markChance: base.markChance, scene: engram.scene.mean, sceneWorst: engram.scene.worst, baseScene: base.scene.mean,
    diversity: engram.diversity.mean, baseDiversity: base.diversity.mean, ...answer.leak, probeAccuracyWorst: Math.min(...Object.values(answer.probeAccuracy)),
  };
  return judge(figures, {
    identities: { equals: 8 }, identity: { atLeast: 0.8 }, scene: { atLeast: 0.85 }, controls: { atLeast: 100 }, changedPictures: { equals: 0 }, changedStates: { equals: 0 },
    probeAccuracyWorst: { atLeast: 0.98 },
  });
}

/**
 * The identity benchmark, as `engram benchmark identity` prints it: eight identities, twenty prompts with unseen scenes each, three seeds. Identity counts the
 * attributes that the base shows at most ten points more often than chance; the mark, which no caption names, is told apart and has no goal.
 */
export const identityPocketSd15 = defineProof({
  name: 'identity-pocket-sd15',
  expectedSeconds: 2400,
  summary: 'Tables trained on five references each show their identities in unseen scenes; the scenes stay, and prompts without a trigger see nothing of it.',
  run: measure,
});
