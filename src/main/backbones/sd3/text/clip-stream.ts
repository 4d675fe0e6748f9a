import { int64Tensor, floatTensor, type FloatTensor } from '../../../core/ir/tensor.ts';
import type { SessionRequest } from '../../../core/session.ts';
import type { ModelFolder } from '../../backbone.ts';
import { checkTokenizer } from '../../modules/check-tokenizer.ts';
import { checkTextConfig, PROJECTION_CONFIG } from '../../modules/clip-text/config.ts';
import { buildProjectedTextModel, isTextBuffer, pooledPosition, textKeySpellings } from '../../modules/clip-text/text-model.ts';
import { loadTokenizer } from '../../modules/clip-text/tokenizer-files.ts';
import { ModuleScope } from '../../module-scope.ts';
import { openPart, type PartMark } from '../../part.ts';
import { checkWeights, planGraph } from '../../plan.ts';
import { TRANSFORMERS_WEIGHTS } from '../../weight-files.ts';
import { FAMILY } from '../names.ts';
import type { EncoderStream } from './encoder-stream.ts';

const SITE = 'penultimate hidden state of the CLIP text encoder, before its final layer norm';

/** Loads one CLIPTextModelWithProjection and its tokenizer. @throws AppError when they don't fit each other. */
export async function loadClipStream(folder: ModelFolder, id: string, mark: PartMark, tokenizerDirectory: string): Promise<EncoderStream> {
  const part = await openPart(folder, mark, PROJECTION_CONFIG);
  const { config, where } = part;
  checkTextConfig(config, where);
  const tokenizer = await loadTokenizer(folder, tokenizerDirectory);
  checkTokenizer(tokenizer, { positions: config.max_position_embeddings, vocabulary: config.vocab_size }, where);
  const weights = await part.weights(TRANSFORMERS_WEIGHTS, { spellings: textKeySpellings, ignored: isTextBuffer });
  const fingerprint = `${await part.fingerprint()}+${tokenizer.fingerprint}`;
  const tokens = tokenizer.maxLength;
  const request: SessionRequest = planGraph(`${FAMILY}/${id}`, fingerprint, { tokens }, (builder) => {
    const ids = builder.input('input_ids', 'int64', [1, tokens]);
    const { penultimate, pooled } = buildProjectedTextModel(new ModuleScope(builder, weights), config, ids, builder.input('pooled_places', 'int64', [1]));
    builder.output('states', penultimate);
    builder.output('pooled', pooled);
  });
  checkWeights(weights, [request]);
  return {
    stream: { id, width: config.hidden_size, tokenizer, site: SITE },
    fingerprint,
    request,
    pooledWidth: config.projection_dim,
    async encode(session, ids) {
      const { states, pooled } = await session.run({ input_ids: int64Tensor(ids, [1, tokens]), pooled_places: int64Tensor([pooledPosition(ids, config)], [1]) });
      return { states: floats(states, [1, tokens, config.hidden_size]), pooled: floats(pooled, [1, config.projection_dim]) };
    },
  };
}

function floats(tensor: { readonly data: unknown } | undefined, shape: readonly number[]): FloatTensor {
  return floatTensor(tensor?.data as Float32Array, shape);
}
