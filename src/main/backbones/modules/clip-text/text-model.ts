import type { GraphBuilder } from '../../../core/ir/builder.ts';
import type { Value } from '../../../core/ir/types.ts';
import { add, attention, gather, gelu, quickGelu, reshape, slice } from '../../../core/ops/functions.ts';
import { embeddingLayer, layerNormLayer, linearLayer, size } from '../../layers.ts';
import type { ModuleScope } from '../../module-scope.ts';
import type { ProjectionConfig, TextShape } from './config.ts';

/** The activations of `hidden_act`, by its name. */
const ACTIVATIONS: Readonly<Record<TextShape['hidden_act'], (builder: GraphBuilder, x: Value) => Value>> = {
  quick_gelu: (builder, x) => quickGelu(builder, x),
  gelu: (builder, x) => gelu(builder, x, 'none'),
};

/** The lowest finite float32: after softmax such a score is exactly 0, and unlike -infinity it is defined in every shader language. */
const MASKED = -3.4028234663852886e38;

/**
 * CLIPTextModel (transformers): token ids [B, T] -> last hidden state [B, T, hidden_size], after the final layer norm.
 * T is at most max_position_embeddings. Position t sees positions 0..t only.
 */
export function buildTextModel(scope: ModuleScope, config: TextShape, ids: Value): Value {
  return textStates(scope, config, ids).last;
}

/** The end of the text in a prompt's ids: the first place of the largest id where `eos_token_id` is 2 (as old configs say whatever the tokenizer does), else of that id. */
export function pooledPosition(ids: readonly number[], { eos_token_id: end }: Pick<ProjectionConfig, 'eos_token_id'>): number {
  const largest = ids.reduce((most, id) => Math.max(most, id), 0);
  return Math.max(0, ids.indexOf(end === 2 ? largest : end));
}

/**
 * CLIPTextModelWithProjection (transformers): token ids [B, T] -> the states that enter the last layer (`hidden_states[-2]`, no final norm) [B, T, hidden_size], and the
 * projection of the normed last state at the end of the text [B, projection_dim].
 * @param pooledPlaces Place of that end in the batch's states one below the other, [B]: row * T + {@link pooledPosition}.
 */
export function buildProjectedTextModel(scope: ModuleScope, config: ProjectionConfig, ids: Value, pooledPlaces: Value): { penultimate: Value; pooled: Value } {
  const { builder } = scope;
  const { penultimate, last } = textStates(scope, config, ids);
  const ends = gather(builder, reshape(builder, last, [-1, config.hidden_size]), pooledPlaces, 0);
  return { penultimate, pooled: linearLayer(scope, 'text_projection', ends, config.projection_dim, { bias: false }) };
}

/** The states before the last layer, and those after it and the final norm. */
function textStates(scope: ModuleScope, config: TextShape, ids: Value): { penultimate: Value; last: Value } {
  return scope.within('text_model', (model) => {
    let hidden = model.within('embeddings', (inner) => embeddings(inner, config, ids));
    let penultimate = hidden;
    const mask = causalMask(scope.builder, size(ids, 1));
    for (let index = 0; index < config.num_hidden_layers; index += 1) {
      penultimate = hidden;
      hidden = model.within(`encoder.layers.${index}`, (inner) => encoderLayer(inner, config, hidden, mask));
    }
    return { penultimate, last: layerNormLayer(model, 'final_layer_norm', hidden, config.layer_norm_eps) };
  });
}

function embeddings(scope: ModuleScope, config: TextShape, ids: Value): Value {
  const { builder } = scope;
  const tokens = embeddingLayer(scope, 'token_embedding', ids, config.vocab_size, config.hidden_size);
  const positions = scope.weight('position_embedding.weight', [config.max_position_embeddings, config.hidden_size]);
  const length = size(ids, 1);
  return add(builder, tokens, length === config.max_position_embeddings ? positions : slice(builder, positions, 0, 0, length));
}

/** CLIPEncoderLayer on x [B, T, d]: self-attention and MLP, each on a layer norm and added to x. */
function encoderLayer(scope: ModuleScope, config: TextShape, x: Value, mask: Value): Value {
  const { builder } = scope;
  const normed = layerNormLayer(scope, 'layer_norm1', x, config.layer_norm_eps);
  const hidden = add(builder, x, scope.within('self_attn', (inner) => selfAttention(inner, config, normed, mask)));
  const input = layerNormLayer(scope, 'layer_norm2', hidden, config.layer_norm_eps);
  const output = scope.within('mlp', (inner) => {
    const wide = ACTIVATIONS[config.hidden_act](builder, linearLayer(inner, 'fc1', input, config.intermediate_size));
    return linearLayer(inner, 'fc2', wide, config.hidden_size);
  });
  return add(builder, hidden, output);
}

function selfAttention(scope: ModuleScope, config: TextShape, x: Value, mask: Value): Value {
  const { hidden_size: width, num_attention_heads: heads } = config;
  const q = linearLayer(scope, 'q_proj', x, width);
  const k = linearLayer(scope, 'k_proj', x, width);
  const v = linearLayer(scope, 'v_proj', x, width);
  return linearLayer(scope, 'out_proj', attention(scope.builder, q, k, v, { heads, scale: 1 / Math.sqrt(width / heads) }, mask), width);
}

/** Added to the scores: [T, T], 0 on and below the diagonal. */
function causalMask(builder: GraphBuilder, length: number): Value {
  const data = Float32Array.from({ length: length * length }, (_, index) => (index % length > Math.floor(index / length) ? MASKED : 0));
  return builder.constant(data, 'float32', [length, length], 'causal_mask');
}

/** Both spellings of a key: since transformers 5 this class is saved without the prefix `text_model.`. */
export function textKeySpellings(key: string): string[] {
  return [key, key.replace(/^text_model\./, '')];
}

/** Whether a stored key is the counter 0, 1, 2, ... that old files keep beside the weights. */
export function isTextBuffer(key: string): boolean {
  return /^(?:text_model\.)?embeddings\.position_ids$/.test(key);
}
