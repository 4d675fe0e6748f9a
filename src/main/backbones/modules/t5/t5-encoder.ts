import type { Value } from '../../../core/ir/types.ts';
import { add, attention, cast, gatedGelu, gather, reshape, transpose } from '../../../core/ops/functions.ts';
import { embeddingLayer, linearLayer, rmsNormLayer, size } from '../../layers.ts';
import type { ModuleScope } from '../../module-scope.ts';
import type { T5Config } from './config.ts';
import { relativeBuckets } from './relative-buckets.ts';

/**
 * T5EncoderModel (transformers) without an attention mask, as Stable Diffusion 3 calls it: token ids [B, T] -> last hidden state [B, T, d_model], after the final norm.
 * All sums are float32 whatever the weights are stored in: the residuals of the largest model leave float16's range.
 */
export function buildT5Encoder(scope: ModuleScope, config: T5Config, ids: Value): Value {
  const embedded = embeddingLayer(scope, 'shared', ids, config.vocab_size, config.d_model);
  return scope.within('encoder', (encoder) => {
    const bias = encoder.within('block.0.layer.0.SelfAttention', (inner) => positionBias(inner, config, size(ids, 1)));
    let hidden = embedded;
    for (let index = 0; index < config.num_layers; index += 1) {
      hidden = encoder.within(`block.${index}`, (block) => t5Block(block, config, hidden, bias));
      encoder.builder.allowCut();
    }
    return rmsNormLayer(encoder, 'final_layer_norm', hidden, config.layer_norm_epsilon);
  });
}

/** What is added to the scores for the distance of key and query, per head: [1, heads, T, T]. The table of the first block is every block's. */
function positionBias(scope: ModuleScope, config: T5Config, length: number): Value {
  const { builder } = scope;
  const { relative_attention_num_buckets: buckets, relative_attention_max_distance: distance, num_heads: heads } = config;
  const table = scope.storedWeight('relative_attention_bias.weight', [buckets, heads]);
  const places = builder.constant(relativeBuckets(length, buckets, distance), 'int32', [length, length], 'relative_buckets');
  const values = cast(builder, gather(builder, table, places, 0), 'float32');
  return reshape(builder, transpose(builder, values, [2, 0, 1]), [1, heads, length, length]);
}

/** T5Block of an encoder on x [B, T, d]: self-attention and gated feed-forward, each on a norm and added to x. */
function t5Block(scope: ModuleScope, config: T5Config, x: Value, bias: Value): Value {
  const { builder } = scope;
  const attended = scope.within('layer.0', (inner) => {
    const normed = rmsNormLayer(inner, 'layer_norm', x, config.layer_norm_epsilon);
    return inner.within('SelfAttention', (module) => selfAttention(module, config, normed, bias));
  });
  const hidden = add(builder, x, attended);
  return add(builder, hidden, scope.within('layer.1', (inner) => {
    const normed = rmsNormLayer(inner, 'layer_norm', hidden, config.layer_norm_epsilon);
    return inner.within('DenseReluDense', (module) => feedForward(module, config, normed));
  }));
}

/** Scores are not scaled: T5 was initialized for that. */
function selfAttention(scope: ModuleScope, config: T5Config, x: Value, bias: Value): Value {
  const { num_heads: heads, d_kv: width, d_model: out } = config;
  const project = (name: string): Value => linearLayer(scope, name, x, heads * width, { bias: false });
  return linearLayer(scope, 'o', attention(scope.builder, project('q'), project('k'), project('v'), { heads, scale: 1 }, bias), out, { bias: false });
}

/** wo(gelu(wi_0(x)) wi_1(x)), with the tanh form of GELU. */
function feedForward(scope: ModuleScope, config: T5Config, x: Value): Value {
  const gate = linearLayer(scope, 'wi_0', x, config.d_ff, { bias: false });
  const hidden = linearLayer(scope, 'wi_1', x, config.d_ff, { bias: false });
  return linearLayer(scope, 'wo', gatedGelu(scope.builder, hidden, gate, 'tanh'), config.d_model, { bias: false });
}

/** Where the embeddings are stored: once as `shared.weight`, or under the encoder's own name, or both, which then are the same. */
export function t5KeySpellings(key: string): string[] {
  return key === 'shared.weight' ? [key, EMBED_TOKENS] : [key];
}

/** Whether a stored key repeats what `shared.weight` holds. */
export function isT5Copy(key: string): boolean {
  return key === EMBED_TOKENS;
}

const EMBED_TOKENS = 'encoder.embed_tokens.weight';
