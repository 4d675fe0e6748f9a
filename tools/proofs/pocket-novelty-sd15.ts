import { defineProof } from './framework/proof.ts';
import { measurePocketNovelty } from './support/pocket-novelty.ts';

export const pocketNoveltySd15 = defineProof({
  name: 'pocket-novelty-sd15',
  expectedSeconds: 700,
  summary: 'Pictures of the pocket backbone are about as far from its training drawings as new drawings are: it does not merely copy.',
  run: (context) => measurePocketNovelty(context, 'pocket-sd15'),
});
