/** Endings of the files of a model folder that the program opens. Others (pickles, ONNX, pictures in a model card) never influence a result. */
export const MODEL_FILE_KINDS: readonly string[] = ['.json', '.safetensors', '.txt', '.model'];

/** Endings of pictures, as datasets and Load Image take them. */
export const IMAGE_FILE_KINDS: readonly string[] = ['.png', '.jpg', '.jpeg', '.webp', '.avif', '.gif', '.tif', '.tiff'];

/** Endings of the files that carry captions. */
export const CAPTION_FILE_KINDS: readonly string[] = ['.txt', '.json', '.jsonl'];

/** Files beside a dataset's folder that belong to it: the method's authors keep their captions above the pictures. */
export const COMPANION_FILES: readonly string[] = ['metadata.json', 'metadata.jsonl'];

const READABLE: ReadonlySet<string> = new Set([...MODEL_FILE_KINDS, ...IMAGE_FILE_KINDS, ...CAPTION_FILE_KINDS]);

/** True for endings (with the dot, any case) that some reader of the program opens, so that they count in fingerprints. */
export function isReadableKind(ending: string): boolean {
  return READABLE.has(ending.toLowerCase());
}
