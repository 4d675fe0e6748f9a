import { int64Tensor, floatTensor } from '../../../core/ir/tensor.ts';
import type { ModelFolder } from '../../backbone.ts';
import { T5_CONFIG } from '../../modules/t5/config.ts';
import { buildT5Encoder, isT5Copy, t5KeySpellings } from '../../modules/t5/t5-encoder.ts';
import { loadT5Tokenizer } from '../../modules/t5/tokenizer-files.ts';
import { checkTokenizer } from '../../modules/check-tokenizer.ts';
import { ModuleScope } from '../../module-scope.ts';
import { openPart } from '../../part.ts';
import { checkWeights, planGraph } from '../../plan.ts';
import { TRANSFORMERS_WEIGHTS } from '../../weight-files.ts';
import { T5_PART } from '../folder.ts';
import { FAMILY, T5 } from '../names.ts';
import type { EncoderStream } from './encoder-stream.ts';

/** Tokens that diffusers' pipelines give T5: their `max_sequence_length`. */
export const T5_TOKENS = 256;

const SITE = 'last hidden state of the T5 encoder, after its final norm';

/** Loads the T5EncoderModel and its tokenizer. @throws AppError when they don't fit each other. */
export async function loadT5Stream(folder: ModelFolder, segments: number): Promise<EncoderStream> {
  const part = await openPart(folder, T5_PART, T5_CONFIG);
  const { config } = part;
  const tokenizer = await loadT5Tokenizer(folder, 'tokenizer_3/', T5_TOKENS);
  checkTokenizer(tokenizer, { positions: 'any', vocabulary: config.vocab_size }, part.where);
  const weights = await part.weights(TRANSFORMERS_WEIGHTS, { spellings: t5KeySpellings, ignored: isT5Copy });
  const fingerprint = `${await part.fingerprint()}+${tokenizer.fingerprint}`;
  const tokens = tokenizer.maxLength;
  const request = planGraph(`${FAMILY}/${T5}`, fingerprint, { tokens }, (builder) => {
    builder.output('states', buildT5Encoder(new ModuleScope(builder, weights), config, builder.input('input_ids', 'int64', [1, tokens])));
  }, segments);
  checkWeights(weights, [request]);
  return {
    stream: { id: T5, width: config.d_model, tokenizer, site: SITE },
    fingerprint,
    request,
    pooledWidth: 0,
    async encode(session, ids) {
      const { states } = await session.run({ input_ids: int64Tensor(ids, [1, tokens]) });
      return { states: floatTensor(states!.data as Float32Array, [1, tokens, config.d_model]) };
    },
  };
}
