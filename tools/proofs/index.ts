import type { Proof } from './framework/proof.ts';
import { badInput } from './bad-input.ts';
import { gradientsProof } from './gradients.ts';
import { identityPocketSd15 } from './identity-pocket-sd15.ts';
import { locality } from './locality.ts';
import { mainJob } from './main-job.ts';
import { random } from './random.ts';
import { sd15Parity } from './sd15-parity.ts';
import { tokenizer } from './tokenizer.ts';
import { trainingLoop } from './training-loop.ts';

/** Every proof, one file each, in the order of the road: numbers first, the main job last. */
export const PROOFS: readonly Proof[] = [
  sd15Parity, tokenizer, random, gradientsProof, trainingLoop, locality, badInput, identityPocketSd15, mainJob,
];
