import type { ModelFolder } from '../../../../src/main/backbones/backbone.ts';
import { headerByteLength, parseSafetensorsHeader } from '../../../../src/main/core/safetensors/header.ts';
import { FileHashes } from '../../../../src/main/services/file-hashes.ts';
import { openModelFolder } from '../../../../src/main/services/model-folder.ts';

/** A folder of the repository, opened as the program does. */
export function openTestFolder(path: string): Promise<ModelFolder> {
  return openModelFolder(path, { hashes: new FileHashes(undefined), header: { byteLength: headerByteLength, parse: parseSafetensorsHeader } });
}
