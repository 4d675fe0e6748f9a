import { inputError } from '../../../../contract/errors.ts';
import { createT5Tokenizer } from '../../../core/tokenizers/t5.ts';
import type { Tokenizer } from '../../../core/tokenizers/tokenizer.ts';
import type { ModelFolder } from '../../backbone.ts';
import { readObject } from '../../config-reader.ts';

/**
 * Loads the T5 tokenizer of a directory: `tokenizer.json`, or `spiece.model` where that is missing.
 * @param directory Path below the folder with a slash at its end.
 * @param maxLength Tokens of a prompt that the pipeline takes at most.
 * @throws AppError when neither is there.
 */
export async function loadT5Tokenizer(folder: ModelFolder, directory: string, maxLength: number): Promise<Tokenizer> {
  const label = `${folder.label}/${directory}`;
  const path = `${directory}tokenizer_config.json`;
  const tokenizerConfig = (await folder.has(path)) ? await readObject(folder, path) : {};
  if (await folder.has(`${directory}tokenizer.json`)) {
    return createT5Tokenizer({ label, tokenizerConfig, maxLength, tokenizerJson: await readObject(folder, `${directory}tokenizer.json`) });
  }
  if (await folder.has(`${directory}spiece.model`)) {
    return createT5Tokenizer({ label, tokenizerConfig, maxLength, sentencePiece: await folder.readBytes(`${directory}spiece.model`) });
  }
  throw inputError('tokenizer.missing', label, 'must hold tokenizer.json or spiece.model', { got: 'neither' });
}
