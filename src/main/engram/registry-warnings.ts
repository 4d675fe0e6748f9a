import type { Tokenizer } from '../core/tokenizers/tokenizer.ts';
import { isOrdinaryToken, plainText } from './common-words.ts';
import { findSpan } from './spans.ts';
import type { EngramWarning } from './warning.ts';

type Key = readonly number[];

export interface KeyContext {
  readonly where: string;
  readonly stream: string;
  readonly trigger: string;
  readonly triggerIds: readonly number[];
}

/**
 * Looks for keys that would wake where the concept wasn't meant: a single token as the whole address, a trigger that can't fit a prompt, keys that the
 * padding of every prompt holds (CLIP-G pads with "!"), keys with special tokens, keys with unknown text, keys of ordinary words alone ("a red").
 */
export function findKeyWarnings(keys: readonly Key[], tokenizer: Tokenizer, context: KeyContext): EngramWarning[] {
  const { where, stream, triggerIds } = context;
  const show = (found: readonly Key[]): string => found.map((key) => JSON.stringify(plainText(key.map((id) => tokenizer.tokenText(id))))).join(', ');
  const warnings: EngramWarning[] = [];
  const warn = (code: string, found: readonly Key[], rule: string, hint: string): void => {
    if (found.length > 0) warnings.push({ code, where, stream, keys: found, rule, got: show(found), hint });
  };

  const oneToken = triggerIds.length === 1 ? keys : [];
  warn('registry.one-token', oneToken, 'one token alone is the whole address of the concept', 'Every prompt with this token will wake it: prefer a trigger of several tokens');

  const alone = tokenizer.encodePrompt(context.trigger);
  const tooLong = alone.truncated.length > 0 ? [triggerIds] : [];
  warn('registry.trigger-too-long', tooLong, `the trigger must fit the ${alone.textEnd - alone.textStart} tokens of a prompt`, 'Its whole span can never match: shorten it');

  // An empty prompt is nothing but special tokens and padding.
  const empty = tokenizer.encodePrompt('').ids;
  const special = new Set(empty);
  const inEmpty = keys.filter((key) => findSpan(empty, key) !== -1);
  warn('registry.matches-padding', inEmpty, 'keys match the padding of every prompt, so that no prompt leaves the image untouched', 'Take this text out of the trigger');

  const withSpecial = keys.filter((key) => !inEmpty.includes(key) && key.some((id) => special.has(id)));
  warn('registry.special-token', withSpecial, 'keys hold special or padding tokens', 'They may match where no text stands: take them out of the trigger');

  const unknown = keys.filter((key) => key.some((id) => id === tokenizer.unknownId));
  warn('registry.unknown-token', unknown, 'keys hold the token that stands for all text without a piece', 'Prompts with other such text in its place will wake them: take what the tokenizer doesn\'t know out of the trigger');

  const ordinary = keys.filter((key) => !inEmpty.includes(key) && key.every((id) => isOrdinaryToken(tokenizer.tokenText(id))));
  warn('registry.ordinary-key', ordinary, 'keys are ordinary words, which other prompts may hold too', 'Prompts with these words will wake the concept: choose rarer words');
  return warnings;
}
