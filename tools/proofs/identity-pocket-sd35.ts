import { defineProof } from './framework/proof.ts';
import { measureIdentity } from './support/identity-benchmark.ts';

export const identityPocketSd35 = defineProof({
  name: 'identity-pocket-sd35',
  expectedSeconds: 5400,
  summary: 'Tables trained on five references each show their identities in unseen scenes on the SD3.5 pocket backbone; the scenes stay, and prompts without a trigger see nothing of it in any text stream.',
  run: (context) => measureIdentity(context, 'pocket-sd35'),
});
