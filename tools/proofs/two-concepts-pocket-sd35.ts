import { defineProof } from './framework/proof.ts';
import { measureTwoConcepts } from './support/two-concepts.ts';

export const twoConceptsPocketSd35 = defineProof({
  name: 'two-concepts-pocket-sd35',
  expectedSeconds: 7200,
  summary: 'Two tables attached together on the SD3.5 pocket backbone: naming one gives that identity as if it were alone, naming both gives figures their own, on average over all.',
  run: (context) => measureTwoConcepts(context, 'pocket-sd35'),
});
