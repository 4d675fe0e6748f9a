import type { OpDefinition } from '../op.ts';
import { absOp } from './abs.ts';
import { addOp } from './add.ts';
import { attentionGradOp } from './attention-grad.ts';
import { attentionOp } from './attention.ts';
import { castOp } from './cast.ts';
import { clipOp } from './clip.ts';
import { concatOp } from './concat.ts';
import { convTransposeOp } from './conv-transpose.ts';
import { convOp } from './conv.ts';
import { cosOp } from './cos.ts';
import { divOp } from './div.ts';
import { equalOp } from './equal.ts';
import { erfOp } from './erf.ts';
import { expOp } from './exp.ts';
import { expandOp } from './expand.ts';
import { gatedGeluOp } from './gated-gelu.ts';
import { gatherOp } from './gather.ts';
import { geluOp } from './gelu.ts';
import { gemmOp } from './gemm.ts';
import { greaterOp } from './greater.ts';
import { identityOp } from './identity.ts';
import { instanceNormalizationOp } from './instance-normalization.ts';
import { layerNormalizationOp } from './layer-normalization.ts';
import { lessOp } from './less.ts';
import { logOp } from './log.ts';
import { matMulOp } from './mat-mul.ts';
import { mulOp } from './mul.ts';
import { negOp } from './neg.ts';
import { padOp } from './pad.ts';
import { powOp } from './pow.ts';
import { reciprocalOp } from './reciprocal.ts';
import { reduceMeanOp } from './reduce-mean.ts';
import { reduceSumOp } from './reduce-sum.ts';
import { reshapeOp } from './reshape.ts';
import { resizeOp } from './resize.ts';
import { scatterNdOp } from './scatter-nd.ts';
import { sigmoidOp } from './sigmoid.ts';
import { signOp } from './sign.ts';
import { simplifiedLayerNormalizationOp } from './simplified-layer-normalization.ts';
import { sinOp } from './sin.ts';
import { sliceOp } from './slice.ts';
import { softmaxOp } from './softmax.ts';
import { splitOp } from './split.ts';
import { sqrtOp } from './sqrt.ts';
import { subOp } from './sub.ts';
import { swishOp } from './swish.ts';
import { tanhOp } from './tanh.ts';
import { transposeOp } from './transpose.ts';
import { whereOp } from './where.ts';

/** Every op that a graph may use: one file and one entry each. */
export const opDefinitions: readonly OpDefinition[] = [
  absOp, addOp, attentionGradOp, attentionOp, castOp, clipOp, concatOp, convTransposeOp, convOp, cosOp, divOp, equalOp,
  erfOp, expOp, expandOp, gatedGeluOp, gatherOp, geluOp, gemmOp, greaterOp, identityOp, instanceNormalizationOp,
  layerNormalizationOp, lessOp, logOp, matMulOp, mulOp, negOp, padOp, powOp, reciprocalOp, reduceMeanOp, reduceSumOp,
  reshapeOp, resizeOp, scatterNdOp, sigmoidOp, signOp, simplifiedLayerNormalizationOp, sinOp, sliceOp, softmaxOp,
  splitOp, sqrtOp, subOp, swishOp, tanhOp, transposeOp, whereOp,
];
