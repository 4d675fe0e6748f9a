import { inputError } from '../../../contract/errors.ts';
import type { Tokenizer } from '../../core/tokenizers/tokenizer.ts';

/**
 * A text encoder must have a position and an embedding for whatever its tokenizer gives it. @param where Names the encoder's config file in messages.
 * @param room.positions 'any' where positions are relative.
 * @throws AppError `config.tokens`, `config.vocabulary`.
 */
export function checkTokenizer(tokenizer: Tokenizer, room: { readonly positions: number | 'any'; readonly vocabulary: number }, where: string): void {
  if (room.positions !== 'any' && tokenizer.maxLength > room.positions) {
    throw inputError('config.tokens', where, `max_position_embeddings must be at least the tokenizer's model_max_length, ${tokenizer.maxLength}`, { got: String(room.positions) });
  }
  if (tokenizer.vocabularySize > room.vocabulary) {
    throw inputError('config.vocabulary', where, `vocab_size must be at least the tokenizer's vocabulary, ${tokenizer.vocabularySize}`, { got: String(room.vocabulary) });
  }
}
