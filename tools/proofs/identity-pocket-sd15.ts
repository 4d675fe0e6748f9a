import { defineProof } from './framework/proof.ts';
import { measureIdentity } from './support/identity-benchmark.ts';

export const identityPocketSd15 = defineProof({
  name: 'identity-pocket-sd15',
  expectedSeconds: 1200,
  summary: 'Tables trained on five references each show their identities in unseen scenes; the scenes stay, and prompts without a trigger see nothing of it.',
  run: (context) => measureIdentity(context, 'pocket-sd15'),
});
