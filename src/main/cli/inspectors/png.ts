import { open, readFile } from 'node:fs/promises';
import { decodeImage, PIXELS_KEYWORD } from '../../services/images/codec.ts';
import { readPngText } from '../../services/images/png-text.ts';
import { pixelHash } from '../../services/images/rgb-image.ts';
import type { Inspector } from './inspector.ts';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** A text chunk that holds JSON is shown as JSON. */
function readable(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text; // plain text
  }
}

export const pngInspector: Inspector = {
  kind: 'PNG',
  async recognizes(path, isFolder) {
    if (isFolder) return false;
    const file = await open(path);
    try {
      const start = Buffer.alloc(SIGNATURE.length);
      await file.read(start, 0, start.length, 0);
      return start.equals(SIGNATURE);
    } finally {
      await file.close();
    }
  },
  async inspect(path) {
    const bytes = await readFile(path);
    const texts = readPngText(bytes, path);
    const image = await decodeImage(bytes, path);
    const said = texts.get(PIXELS_KEYWORD);
    const hash = pixelHash(image);
    return {
      kind: 'PNG',
      facts: {
        width: image.width, height: image.height, pixels: hash,
        pixelsAsWritten: said === undefined ? 'not recorded' : said === hash ? 'yes' : `no, recorded ${said}`,
        texts: Object.fromEntries([...texts].filter(([keyword]) => keyword !== PIXELS_KEYWORD).map(([keyword, text]) => [keyword, readable(text)])),
      },
    };
  },
};
