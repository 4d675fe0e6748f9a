import { open } from 'node:fs/promises';
import { PICTURE_TEXTS } from '../../../contract/image-metadata.ts';
import { decodeImage } from '../../services/images/codec.ts';
import { readPictureBytes, readPictureTexts } from '../../services/images/metadata.ts';
import { pixelHash } from '../../services/images/rgb-image.ts';
import type { Inspector } from './inspector.ts';

/** How the files of each format begin: bytes in Latin-1 by their place. */
const SIGNATURES: readonly Readonly<Record<number, string>>[] = [{ 0: '\x89PNG\r\n\x1a\n' }, { 0: '\xff\xd8\xff' }, { 0: 'RIFF', 8: 'WEBP' }, { 4: 'ftypavif' }, { 4: 'ftypmif1' }];
const START_BYTES = 16;

/** A text that holds JSON is shown as JSON. */
function readable(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text; // plain text
  }
}

/** Whether the pixels are those that were written: lossy formats never give them back exactly. */
function pixelsAsWritten(said: string | undefined, hash: string): string {
  if (said === undefined) return 'not recorded';
  return said === hash ? 'yes' : `no, recorded ${said} (lossy formats never give pixels back exactly; \`engram verify\` compares them)`;
}

export const pictureInspector: Inspector = {
  kind: 'picture (PNG, WebP, AVIF, JPEG)',
  async recognizes(path, isFolder) {
    if (isFolder) return false;
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(START_BYTES), 0, START_BYTES, 0);
      const start = buffer.toString('latin1', 0, bytesRead);
      return SIGNATURES.some((signature) => Object.entries(signature).every(([at, bytes]) => start.startsWith(bytes, Number(at))));
    } finally {
      await file.close();
    }
  },
  async inspect(path) {
    const bytes = await readPictureBytes(path);
    const { format, width, height, texts } = await readPictureTexts(bytes, path);
    const pixels = pixelHash(await decodeImage(bytes, path));
    return {
      kind: format,
      facts: {
        width, height, pixels, pixelsAsWritten: pixelsAsWritten(texts.get(PICTURE_TEXTS.pixels), pixels),
        texts: Object.fromEntries([...texts].filter(([keyword]) => keyword !== PICTURE_TEXTS.pixels).map(([keyword, text]) => [keyword, readable(text)])),
      },
    };
  },
};
