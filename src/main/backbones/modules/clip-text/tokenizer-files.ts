import { inputError } from '../../../../contract/errors.ts';
import { createClipTokenizer } from '../../../core/tokenizers/clip.ts';
import type { Tokenizer } from '../../../core/tokenizers/tokenizer.ts';
import type { ModelFolder } from '../../backbone.ts';
import { readObject } from '../../config-reader.ts';

/**
 * Loads the CLIP tokenizer of a directory: `vocab.json` and `merges.txt`, or `tokenizer.json` where these are missing.
 * @param directory Path below the folder with a slash at its end, or ''.
 * @throws AppError when neither is there.
 */
export async function loadTokenizer(folder: ModelFolder, directory: string): Promise<Tokenizer> {
  const label = `${folder.label}/${directory}`;
  const optional = async (name: string): Promise<Readonly<Record<string, unknown>>> =>
    (await folder.has(directory + name)) ? readObject(folder, directory + name) : {};
  const tokenizerConfig = await optional('tokenizer_config.json');
  const specialTokensMap = await optional('special_tokens_map.json');
  if ((await folder.has(`${directory}vocab.json`)) && (await folder.has(`${directory}merges.txt`))) {
    const vocab = await readObject(folder, `${directory}vocab.json`);
    const merges = await folder.readText(`${directory}merges.txt`);
    return createClipTokenizer({ label, vocab, merges, tokenizerConfig, specialTokensMap });
  }
  if (await folder.has(`${directory}tokenizer.json`)) {
    const tokenizerJson = await readObject(folder, `${directory}tokenizer.json`);
    return createClipTokenizer({ label, tokenizerJson, tokenizerConfig, specialTokensMap });
  }
  throw inputError('tokenizer.missing', label, 'must hold vocab.json and merges.txt, or tokenizer.json', {
    got: 'neither',
    ...(directory === '' ? { hint: 'A text encoder needs its tokenizer: choose the model folder above, which holds both' } : {}),
  });
}
