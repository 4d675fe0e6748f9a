import { mean } from '../../../src/main/cli/benchmark/score.ts';
import { judge, type ProofContext, type ProofResult } from '../framework/proof.ts';
import { runIdentityBenchmark } from './benchmark.ts';

/** Pairs of identities with both tables attached. @param backbone Name of the benchmark's backbone. */
export async function measureTwoConcepts(context: ProofContext, backbone: string): Promise<ProofResult> {
  const { pairs } = await runIdentityBenchmark(context, backbone);
  const figures = pairs.flatMap(({ leftFigure, rightFigure }) => [leftFigure, rightFigure]);
  return judge({
    pairs: pairs.length, worstLoss: Math.max(...pairs.map(({ worstLoss }) => worstLoss)), meanLoss: mean(pairs.map(({ worstLoss }) => worstLoss)),
    eachFigure: mean(figures), worstFigure: Math.min(...figures), scene: mean(pairs.map(({ scene }) => scene)), byPair: pairs,
  }, { pairs: { equals: 4 }, worstLoss: { atMost: 0.05 }, eachFigure: { atLeast: 0.7 } });
}
