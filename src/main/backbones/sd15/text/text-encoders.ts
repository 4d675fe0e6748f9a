import { inputError } from '../../../../contract/errors.ts';
import { int64Tensor, floatTensor, type FloatTensor } from '../../../core/ir/tensor.ts';
import type { Session, SessionProvider, SessionRequest } from '../../../core/session.ts';
import type { Tokenizer } from '../../../core/tokenizers/tokenizer.ts';
import type { InjectionSettings, LoadOptions, ModelFolder, TextEncoders, TextStates, TextStream } from '../../backbone.ts';
import { checkTokenizer } from '../../modules/check-tokenizer.ts';
import { checkTextConfig, TEXT_CONFIG, type TextConfig } from '../../modules/clip-text/config.ts';
import { buildTextModel, isTextBuffer, textKeySpellings } from '../../modules/clip-text/text-model.ts';
import { loadTokenizer } from '../../modules/clip-text/tokenizer-files.ts';
import { ModuleScope } from '../../module-scope.ts';
import { openPart } from '../../part.ts';
import { checkWeights, planGraph } from '../../plan.ts';
import { TRANSFORMERS_WEIGHTS } from '../../weight-files.ts';
import type { WeightSource } from '../../weights.ts';
import { TEXT_PART } from '../folder.ts';
import { FAMILY, STREAM } from '../names.ts';

/** Where SD1.5's tables act (paper 2.7): the states that the U-Net's cross-attention reads. */
const SITE = 'last hidden state of the CLIP text encoder, after its final layer norm';

/** Paper 2.5, SD1.5: h += m * tanh(s), overlapping matches summed. */
const INJECTION: InjectionSettings = { rule: 'absolute', tanh: true, overlap: 'sum' };

/** Loads text encoder and tokenizer of a model folder, of a folder with these two, or of one folder that holds both. @throws AppError when they don't fit each other. */
export async function loadTextEncoders(folder: ModelFolder, { leaveOut: [left] = [] }: LoadOptions = {}): Promise<TextEncoders> {
  if (left !== undefined) throw inputError('model.leave-out', folder.label, 'no text stream of this model can be left out', { got: left });
  const part = await openPart(folder, TEXT_PART, TEXT_CONFIG);
  const { config, where } = part;
  checkTextConfig(config, where);
  const tokenizer = await loadTokenizer(folder, part.directory === '' ? '' : 'tokenizer/');
  checkTokenizer(tokenizer, { positions: config.max_position_embeddings, vocabulary: config.vocab_size }, where);
  const weights = await part.weights(TRANSFORMERS_WEIGHTS, { spellings: textKeySpellings, ignored: isTextBuffer });
  const encoders = new Sd15TextEncoders(folder.label, await part.fingerprint(), config, tokenizer, weights);
  checkWeights(weights, [encoders.plan()]);
  return encoders;
}

class Sd15TextEncoders implements TextEncoders {
  readonly family = FAMILY;
  readonly injection = INJECTION;
  readonly streams: readonly TextStream[];
  readonly fingerprint: string;

  constructor(
    readonly label: string,
    weightsFingerprint: string,
    private readonly config: TextConfig,
    private readonly tokenizer: Tokenizer,
    private readonly weights: WeightSource,
  ) {
    this.fingerprint = `${weightsFingerprint}+${tokenizer.fingerprint}`;
    this.streams = [{ id: STREAM, width: config.hidden_size, tokenizer, site: SITE }];
  }

  /** Input `input_ids` int64 [1, T], output `encoder_hidden_states` [1, T, d]. */
  plan(): SessionRequest {
    const tokens = this.tokenizer.maxLength;
    return planGraph(`${FAMILY}/text-encoder`, this.fingerprint, { tokens }, (builder) => {
      const ids = builder.input('input_ids', 'int64', [1, tokens]);
      builder.output('encoder_hidden_states', buildTextModel(new ModuleScope(builder, this.weights), this.config, ids));
    });
  }

  async encode(sessions: SessionProvider, prompts: readonly string[]): Promise<TextStates[]> {
    const session = await sessions.acquire(this.plan());
    try {
      const byPrompt = new Map<string, TextStates>();
      for (const prompt of new Set(prompts)) byPrompt.set(prompt, await this.encodeOne(session, prompt));
      return prompts.map((prompt) => byPrompt.get(prompt)!);
    } finally {
      await session.dispose();
    }
  }

  private async encodeOne(session: Session, prompt: string): Promise<TextStates> {
    const { ids, textStart, textEnd } = this.tokenizer.encodePrompt(prompt);
    const { encoder_hidden_states: output } = await session.run({ input_ids: int64Tensor(ids, [1, ids.length]) });
    const states: FloatTensor = floatTensor(output!.data as Float32Array, [1, ids.length, this.config.hidden_size]);
    return { prompt, streams: { [STREAM]: { ids, textStart, textEnd, states } }, extras: {} };
  }
}
