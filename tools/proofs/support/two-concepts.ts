import { mean } from '../../../src/main/cli/benchmark/score.ts';
import { judge, type ProofContext, type ProofResult } from '../framework/proof.ts';
import { runIdentityBenchmark } from './benchmark.ts';
import { least, worst } from './compare.ts';

/** Pairs of identities with both tables attached: what naming one loses at worst, and what each figure shows where both are named, over all figures. @param backbone Name of the benchmark's backbone. */
export async function measureTwoConcepts(context: ProofContext, backbone: string): Promise<ProofResult> {
  const { pairs } = await runIdentityBenchmark(context, backbone);
  const figures = pairs.flatMap(({ leftFigure, rightFigure }) => [leftFigure, rightFigure]);
  return judge({
    pairs: pairs.length, worstLoss: worst(pairs.map(({ worstLoss }) => worstLoss)), meanLoss: mean(pairs.map(({ worstLoss }) => worstLoss)),
    meanOfFigures: mean(figures), worstFigure: least(figures), scene: mean(pairs.map(({ scene }) => scene)), byPair: pairs,
  }, { pairs: { equals: 4 }, worstLoss: { atMost: 0.05 }, meanOfFigures: { atLeast: 0.7 } });
}
