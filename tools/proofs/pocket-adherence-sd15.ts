import { defineProof } from './framework/proof.ts';
import { measurePocketAdherence } from './support/pocket-adherence.ts';

export const pocketAdherenceSd15 = defineProof({
  name: 'pocket-adherence-sd15',
  expectedSeconds: 420,
  summary: 'The pocket backbone shows what 300 held-out captions ask for, as probes on the pictures tell; its VAE keeps what drawings show.',
  run: (context) => measurePocketAdherence(context, 'pocket-sd15'),
});
