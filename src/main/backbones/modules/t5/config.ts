import { z } from 'zod';
import { configSchema, oneOf, only, positive, whole } from '../../config-reader.ts';

/** Options of T5EncoderModel that we can build; an option left out has transformers' default. */
export const T5_CONFIG = configSchema({
  d_model: whole(1).default(512),
  d_kv: whole(1).default(64),
  d_ff: whole(1).default(2048),
  num_layers: whole(1).default(6),
  num_heads: whole(1).default(8),
  vocab_size: whole(1).default(32128),
  relative_attention_num_buckets: whole(4).default(32),
  relative_attention_max_distance: whole(2).default(128),
  layer_norm_epsilon: positive().default(1e-6),
  model_type: oneOf('t5'),
  architectures: z.tuple([oneOf('T5EncoderModel')], { error: 'must be ["T5EncoderModel"]' }).nullish(),
  // What follows is built in one way only: T5 version 1.1.
  feed_forward_proj: oneOf('gated-gelu'),
  dense_act_fn: only('gelu_new'),
  is_gated_act: only(true),
  is_decoder: only(false),
}, [
  // The decoder, which this class lacks, and what generates text.
  'num_decoder_layers', 'decoder_start_token_id', 'is_encoder_decoder', 'use_cache', 'output_past', 'task_specific_params', 'n_positions', 'scale_decoder_outputs',
  'bos_token_id', 'cross_attention_hidden_size', 'add_cross_attention',
  // Token ids that only the tokenizer needs.
  'eos_token_id', 'pad_token_id',
  // Training and initialization.
  'dropout_rate', 'classifier_dropout', 'initializer_factor', 'gradient_checkpointing',
  // How the weights were stored and by what; their dtype is read from the file itself.
  'torch_dtype', 'dtype', 'transformers_version', 'use_bfloat16', 'torchscript',
  // What transformers writes into the config of every model, whatever its class.
  'chunk_size_feed_forward', 'id2label', 'label2id', 'output_attentions', 'output_hidden_states', 'problem_type', 'return_dict', 'tie_word_embeddings', 'tie_encoder_decoder',
]);

export type T5Config = z.output<typeof T5_CONFIG.schema>;
