import { defineProof } from './framework/proof.ts';
import { measurePocketNovelty } from './support/pocket-novelty.ts';

export const pocketNoveltySd35 = defineProof({
  name: 'pocket-novelty-sd35',
  expectedSeconds: 900,
  summary: 'Pictures of the pocket backbone of the SD3.5 family are about as far from its training drawings as new drawings are: it does not merely copy.',
  run: (context) => measurePocketNovelty(context, 'pocket-sd35'),
});
