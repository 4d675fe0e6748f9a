import { defineProof } from './framework/proof.ts';
import { measurePocketAdherence } from './support/pocket-adherence.ts';

export const pocketAdherenceSd35 = defineProof({
  name: 'pocket-adherence-sd35',
  expectedSeconds: 600,
  summary: 'The pocket backbone of the SD3.5 family shows what 300 held-out captions ask for, as probes on the pictures tell; its VAE keeps what drawings show.',
  run: (context) => measurePocketAdherence(context, 'pocket-sd35'),
});
