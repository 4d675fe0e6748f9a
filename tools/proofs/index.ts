import type { Proof } from './framework/proof.ts';

/** Every proof, one file each, in the order of the road: numbers first, the main job last. */
export const PROOFS: readonly Proof[] = [];
