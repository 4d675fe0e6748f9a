import type { Proof } from './framework/proof.ts';
import { accessibility } from './accessibility.ts';
import { badInput } from './bad-input.ts';
import { batchKills } from './batch-kills.ts';
import { batchSoak } from './batch-soak.ts';
import { batchSpeedup } from './batch-speedup.ts';
import { canvasSpeed } from './canvas-speed.ts';
import { fleetKills } from './fleet-kills.ts';
import { fullSizeMemory } from './full-size-memory.ts';
import { gradientsProof } from './gradients.ts';
import { hostileGraphs } from './hostile-graphs.ts';
import { identityPocketSd15 } from './identity-pocket-sd15.ts';
import { identityPocketSd35 } from './identity-pocket-sd35.ts';
import { launchTime } from './launch-time.ts';
import { locality } from './locality.ts';
import { mainJob } from './main-job.ts';
import { packaging } from './packaging.ts';
import { pocketAdherenceSd15 } from './pocket-adherence-sd15.ts';
import { pocketAdherenceSd35 } from './pocket-adherence-sd35.ts';
import { pocketNoveltySd15 } from './pocket-novelty-sd15.ts';
import { pocketNoveltySd35 } from './pocket-novelty-sd35.ts';
import { properties } from './properties.ts';
import { queueSimulation } from './queue-simulation.ts';
import { random } from './random.ts';
import { relativeNorm } from './relative-norm.ts';
import { schedulersProof } from './schedulers.ts';
import { sd15Image } from './sd15-image.ts';
import { sd15Parity } from './sd15-parity.ts';
import { sd35Gradients } from './sd35-gradients.ts';
import { sd35Image } from './sd35-image.ts';
import { sd35Locality } from './sd35-locality.ts';
import { sd35Memory } from './sd35-memory.ts';
import { sd35Parity } from './sd35-parity.ts';
import { securityList } from './security-list.ts';
import { studioE2e } from './studio-e2e.ts';
import { studioShim } from './studio-shim.ts';
import { tokenizer } from './tokenizer.ts';
import { trainingLoop } from './training-loop.ts';
import { twoConceptsPocketSd15 } from './two-concepts-pocket-sd15.ts';
import { twoConceptsPocketSd35 } from './two-concepts-pocket-sd35.ts';
import { verifyOutputs } from './verify-outputs.ts';
import { webgpuParity } from './webgpu-parity.ts';

/** Every proof, one file each, in the order of the road: numbers first, the main job last. */
export const PROOFS: readonly Proof[] = [
  sd15Parity, sd15Image, sd35Parity, sd35Image, sd35Gradients, sd35Locality, sd35Memory, relativeNorm, schedulersProof, tokenizer, random, gradientsProof, trainingLoop, locality, webgpuParity, fullSizeMemory, badInput,
  properties, pocketAdherenceSd15, pocketNoveltySd15, identityPocketSd15, twoConceptsPocketSd15,
  pocketAdherenceSd35, pocketNoveltySd35, identityPocketSd35, twoConceptsPocketSd35, batchSpeedup, batchKills, batchSoak, verifyOutputs, fleetKills, queueSimulation,
  studioE2e, studioShim, accessibility, canvasSpeed, launchTime, hostileGraphs, securityList, packaging, mainJob,
];
