import { explainTokens, type TriggerPresence } from './explain.ts';
import { buildMatcher } from './matcher.ts';
import type { RegistryStream } from './registry.ts';

/** What captions are asked about: a trigger and its keys per stream. A `ConceptTable` is one, and a `Registry`. */
export interface CaptionedTable {
  readonly trigger: string;
  readonly streams: readonly { readonly stream: string; readonly keys: readonly (readonly number[])[] }[];
}

/** A caption that doesn't hold the whole trigger in some stream. */
export interface CaptionFault {
  /** Index of the caption. */
  readonly caption: number;
  readonly stream: string;
  readonly presence: Exclude<TriggerPresence, 'whole'>;
}

/**
 * The captions in which the trigger is missing, incomplete or cut off, in each stream that the table has a part in: an image with such a caption teaches the table less or nothing.
 * @param streams The model's text streams.
 */
export function captionsWithoutTrigger(captions: readonly string[], table: CaptionedTable, streams: readonly RegistryStream[]): CaptionFault[] {
  const faults: CaptionFault[] = [];
  for (const { stream, keys } of table.streams) {
    const tokenizer = streams.find(({ id }) => id === stream)?.tokenizer;
    if (tokenizer === undefined) continue;
    const matcher = buildMatcher([keys]);
    captions.forEach((text, caption) => {
      const prompt = tokenizer.encodePrompt(text);
      const [presence] = explainTokens(stream, prompt, tokenizer, [{ trigger: table.trigger, keys }], matcher.match(prompt.ids)).presence;
      if (presence !== undefined && presence !== 'whole') faults.push({ caption, stream, presence });
    });
  }
  return faults.sort((a, b) => a.caption - b.caption);
}
