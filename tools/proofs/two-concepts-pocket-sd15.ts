import { defineProof } from './framework/proof.ts';
import { measureTwoConcepts } from './support/two-concepts.ts';

export const twoConceptsPocketSd15 = defineProof({
  name: 'two-concepts-pocket-sd15',
  expectedSeconds: 1200,
  summary: 'Two tables attached together: naming one gives that identity as if it were alone, naming both gives figures their own, on average over all.',
  run: (context) => measureTwoConcepts(context, 'pocket-sd15'),
});
