import { inputError } from '../../../../contract/errors.ts';
import { floatTensor, type FloatTensor } from '../../../core/ir/tensor.ts';
import type { SessionProvider } from '../../../core/session.ts';
import type { InjectionSettings, LoadOptions, ModelFolder, TextEncoders, TextStates, TextStream } from '../../backbone.ts';
import { CLIP_G_PART, CLIP_L_PART, namesT5 } from '../folder.ts';
import { CLIP_G, CLIP_L, FAMILY, POOLED, T5 } from '../names.ts';
import { loadClipStream } from './clip-stream.ts';
import type { EncoderStream } from './encoder-stream.ts';
import { loadT5Stream } from './t5-stream.ts';

/** Paper 2.5, SD3.5: h += m / |m| * tanh(s) * c, overlapping matches summed. */
const INJECTION: InjectionSettings = { rule: 'relative-norm', tanh: true, overlap: 'sum' };

/** The streams that a model can do without: the transformer then reads zeros, as diffusers does. */
const OPTIONAL: readonly string[] = [T5];

/**
 * Loads the text encoders and tokenizers of a model folder; T5 unless it is left out or the model is one without.
 * @throws AppError when parts are missing or don't fit each other, or when a stream is to be left out that is needed.
 */
export async function loadTextEncoders(folder: ModelFolder, { leaveOut = [], segments = 1 }: LoadOptions = {}): Promise<TextEncoders & { readonly pooledWidth: number }> {
  const needed = leaveOut.find((id) => !OPTIONAL.includes(id));
  if (needed !== undefined) throw inputError('model.leave-out', folder.label, `only ${OPTIONAL.join(', ')} can be left out`, { got: needed });
  const encoders = [await loadClipStream(folder, CLIP_L, CLIP_L_PART, 'tokenizer/'), await loadClipStream(folder, CLIP_G, CLIP_G_PART, 'tokenizer_2/')];
  if (!leaveOut.includes(T5) && (await namesT5(folder))) encoders.push(await loadT5Stream(folder, segments));
  return new Sd3TextEncoders(folder.label, encoders);
}

/** What the encoders have made of a prompt so far. */
interface EncodedPrompt {
  readonly streams: Record<string, TextStates['streams'][string]>;
  readonly pooled: FloatTensor[];
}

class Sd3TextEncoders implements TextEncoders {
  readonly family = FAMILY;
  readonly injection = INJECTION;
  readonly streams: readonly TextStream[];
  readonly absent: readonly string[];
  readonly fingerprint: string;
  readonly pooledWidth: number;

  constructor(readonly label: string, private readonly encoders: readonly EncoderStream[]) {
    this.streams = encoders.map(({ stream }) => stream);
    this.absent = OPTIONAL.filter((id) => this.streams.every((stream) => stream.id !== id));
    this.fingerprint = encoders.map(({ fingerprint }) => fingerprint).join('+');
    this.pooledWidth = encoders.reduce((sum, { pooledWidth }) => sum + pooledWidth, 0);
  }

  /** Encoder after encoder, all prompts through each, so that no two have to be in memory together. */
  async encode(sessions: SessionProvider, prompts: readonly string[]): Promise<TextStates[]> {
    const distinct = [...new Set(prompts)];
    const found = new Map(distinct.map((prompt): [string, EncodedPrompt] => [prompt, { streams: {}, pooled: [] }]));
    for (const encoder of this.encoders) {
      const session = await sessions.acquire(encoder.request);
      try {
        for (const [prompt, { streams, pooled }] of found) {
          const { ids, textStart, textEnd } = encoder.stream.tokenizer.encodePrompt(prompt);
          const encoded = await encoder.encode(session, ids);
          streams[encoder.stream.id] = { ids, textStart, textEnd, states: encoded.states };
          if (encoded.pooled !== undefined) pooled.push(encoded.pooled);
        }
      } finally {
        await session.dispose();
      }
    }
    return prompts.map((prompt) => {
      const { streams, pooled } = found.get(prompt)!;
      return { prompt, streams, extras: { [POOLED]: floatTensor(Float32Array.from(pooled.flatMap(({ data }) => [...data])), [1, this.pooledWidth]) } };
    });
  }
}
