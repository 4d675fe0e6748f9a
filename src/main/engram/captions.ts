import { explainTokens, type TriggerPresence } from './explain.ts';
import { buildMatcher } from './matcher.ts';
import type { Registry, RegistryStream } from './registry.ts';

/** A caption that doesn't hold the whole trigger in some stream. */
export interface CaptionFault {
  /** Index of the caption. */
  readonly caption: number;
  readonly stream: string;
  readonly presence: Exclude<TriggerPresence, 'whole'>;
}

/**
 * The captions in which the trigger is missing, incomplete or cut off, stream by stream: an image with such a caption teaches the table less or nothing.
 * @param streams The text streams that the registry was built for.
 */
export function captionsWithoutTrigger(captions: readonly string[], registry: Registry, streams: readonly RegistryStream[]): CaptionFault[] {
  const faults: CaptionFault[] = [];
  for (const { stream, keys } of registry.streams) {
    const tokenizer = streams.find(({ id }) => id === stream)?.tokenizer;
    if (tokenizer === undefined) continue;
    const matcher = buildMatcher([keys]);
    captions.forEach((text, caption) => {
      const prompt = tokenizer.encodePrompt(text);
      const [presence] = explainTokens(stream, prompt, tokenizer, [{ trigger: registry.trigger, keys }], matcher.match(prompt.ids)).presence;
      if (presence !== undefined && presence !== 'whole') faults.push({ caption, stream, presence });
    });
  }
  return faults.sort((a, b) => a.caption - b.caption);
}
