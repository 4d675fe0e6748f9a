import { mean } from '../../src/main/cli/benchmark/score.ts';
import { defineProof, judge } from './framework/proof.ts';
import { runIdentityBenchmark } from './support/benchmark.ts';

export const twoConceptsPocketSd15 = defineProof({
  name: 'two-concepts-pocket-sd15',
  expectedSeconds: 3600,
  summary: 'Two tables attached together: naming one gives that identity as if it were alone, naming both gives each figure its own.',
  async run(context) {
    const { pairs } = await runIdentityBenchmark(context);
    const figures = pairs.flatMap(({ leftFigure, rightFigure }) => [leftFigure, rightFigure]);
    return judge({
      pairs: pairs.length, worstLoss: Math.max(...pairs.map(({ worstLoss }) => worstLoss)), meanLoss: mean(pairs.map(({ worstLoss }) => worstLoss)),
      eachFigure: mean(figures), worstFigure: Math.min(...figures), scene: mean(pairs.map(({ scene }) => scene)), byPair: pairs,
    }, { pairs: { equals: 4 }, worstLoss: { atMost: 0.05 }, eachFigure: { atLeast: 0.7 } });
  },
});
