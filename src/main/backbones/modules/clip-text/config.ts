import { z } from 'zod';
import { inputError } from '../../../../contract/errors.ts';
import { configSchema, oneOf, only, positive, whole } from '../../config-reader.ts';

const SHAPE = {
  hidden_size: whole(1).default(512),
  intermediate_size: whole(1).default(2048),
  num_hidden_layers: whole(1).default(12),
  num_attention_heads: whole(1).default(8),
  max_position_embeddings: whole(1).default(77),
  vocab_size: whole(1).default(49408),
  hidden_act: oneOf('quick_gelu', 'gelu').default('quick_gelu'),
  layer_norm_eps: positive().default(1e-5),
  model_type: oneOf('clip_text_model'),
  use_attention_mask: only(false, null),
};

const IRRELEVANT = [
  // Token ids that only the tokenizer needs.
  'bos_token_id', 'pad_token_id',
  // Training and initialization.
  'attention_dropout', 'dropout', 'initializer_factor', 'initializer_range', 'gradient_checkpointing',
  // How the weights were stored and by what; their dtype is read from the file itself.
  'torch_dtype', 'dtype', 'transformers_version', 'use_bfloat16', 'torchscript',
  // What transformers writes into the config of every model, whatever its class.
  'chunk_size_feed_forward', 'id2label', 'label2id', 'is_encoder_decoder', 'output_attentions', 'output_hidden_states', 'problem_type', 'return_dict', 'tie_word_embeddings',
];

/** Options of CLIPTextModel that we can build; an option left out has transformers' default. */
export const TEXT_CONFIG = configSchema({
  ...SHAPE,
  architectures: z.tuple([oneOf('CLIPTextModel')], { error: 'must be ["CLIPTextModel"]' }).nullish(),
}, [
  ...IRRELEVANT,
  // The end token and the pooled projection: this class returns the last hidden state, which depends on neither.
  'eos_token_id', 'projection_dim',
]);

/** Options of CLIPTextModelWithProjection that we can build; an option left out has transformers' default. */
export const PROJECTION_CONFIG = configSchema({
  ...SHAPE,
  projection_dim: whole(1).default(512),
  eos_token_id: whole(0).default(49407),
  architectures: z.tuple([oneOf('CLIPTextModelWithProjection')], { error: 'must be ["CLIPTextModelWithProjection"]' }),
}, IRRELEVANT);

/** What both classes share. */
export type TextConfig = z.output<typeof TEXT_CONFIG.schema>;
export type ProjectionConfig = z.output<typeof PROJECTION_CONFIG.schema>;

/** The part of a config that the layers are built from. */
export type TextShape = Omit<TextConfig, 'architectures'>;

/** @throws AppError when the heads don't divide the width. */
export function checkTextConfig(config: TextShape, where: string): void {
  if (config.hidden_size % config.num_attention_heads === 0) return;
  throw inputError('config.divide', where, 'num_attention_heads must divide hidden_size', { got: `${config.num_attention_heads} for ${config.hidden_size}` });
}
