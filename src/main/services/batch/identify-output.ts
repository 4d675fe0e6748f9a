import type { RowOutput } from '../../../contract/batch-events.ts';
import { parseImageMetadata } from '../images/metadata.ts';
import { decodeImage } from '../images/codec.ts';
import { pixelHash } from '../images/rgb-image.ts';

/** What an output says of itself, after its pixels were held against it. */
export interface OutputClaim {
  /** Id of the node that wrote it. */
  readonly node: string;
  readonly kind: RowOutput['kind'];
  /** Content key of that node. */
  readonly key: string;
  /** Which of the node's files it is, from 0. */
  readonly index: number;
  readonly count: number;
  readonly pixels: string;
}

/** Reads what an output says of itself; undefined when it says nothing, or isn't what it says. */
export type IdentifyOutput = (bytes: Uint8Array, path: string) => Promise<OutputClaim | undefined>;

/** Formats whose pixels come back as they were written. */
const EXACT = new Set(['PNG']);

/** {@link IdentifyOutput} for pictures. Where the format keeps every pixel, they must be those that the file speaks of; elsewhere the file must decode. */
export const identifyPicture: IdentifyOutput = async (bytes, path) => {
  try {
    const { picture, format } = await parseImageMetadata(bytes, path);
    if (picture?.provenance === undefined) return undefined;
    const pixels = pixelHash(await decodeImage(bytes, path));
    if (EXACT.has(format) && pixels !== picture.pixels) return undefined;
    const { index, count } = picture.place ?? { index: 0, count: 1 };
    return { node: picture.node, kind: 'image', key: picture.provenance.contentKey, index, count, pixels: picture.pixels };
  } catch {
    return undefined; // damaged or foreign: the row is rendered
  }
};
