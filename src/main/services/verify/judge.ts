import { inputError, runError, type ErrorData } from '../../../contract/errors.ts';
import type { Verdict, Verification } from '../../../contract/verification.ts';
import { pixelHash, type RgbImage } from '../images/rgb-image.ts';
import { comparePixels } from './compare-pixels.ts';

/**
 * Largest difference of a value (of 255) that counts as "within tolerance" when nobody says otherwise. Lossless: another device, ONNX Runtime version or
 * number of threads rounds otherwise in the last bits of a float, which moves 8-bit values by one, rarely by more. Lossy: another version of the codec also
 * chooses other coefficients.
 */
export const TOLERANCES = { lossless: 3, lossy: 8 } as const;

/** What is compared. */
export interface Comparison {
  readonly path: string;
  /** Decoded pixels of the file. */
  readonly image: RgbImage;
  /** Decoded pixels of the fresh file, written by the same node. */
  readonly rendered: RgbImage;
  /** SHA-256 of the pixels before encoding: as the file says, and of the rendering. */
  readonly recorded: string;
  readonly before: string;
  readonly tolerance?: number;
  /** Whether graph, params and files give the content key that the file records. If not, the picture wasn't made from them, and being similar proves nothing. */
  readonly keyFits: boolean;
}

/** The part of a verification that pixels decide. */
export type PixelVerdict = Pick<Verification, 'verdict' | 'difference' | 'notes'>;

/** Whether the node's format keeps every pixel: then the file's own pixels must have the hash that it records. */
function keepsPixels({ rendered, before }: Comparison): boolean {
  return pixelHash(rendered) === before;
}

function changedNote({ path, image, recorded }: Comparison): ErrorData {
  return runError('verify.file-changed', path, `pixels must be those that it was written with (${recorded.slice(0, 16)}...)`, { got: `${pixelHash(image).slice(0, 16)}...`, hint: 'The pixels, or the hash of them, were changed after the file was written' }).data;
}

function renderedNote({ path, recorded, before }: Comparison): ErrorData {
  return runError('verify.rendering', path, `the rendering must have the recorded pixels (${recorded.slice(0, 16)}...)`, { got: `${before.slice(0, 16)}...` }).data;
}

/** Holds a picture against its fresh rendering. */
export function judgePixels(comparison: Comparison): PixelVerdict {
  const { path, image, rendered, recorded, before } = comparison;
  const lossless = keepsPixels(comparison);
  const intact = !lossless || pixelHash(image) === recorded;
  const notes = [...(intact ? [] : [changedNote(comparison)]), ...(recorded === before ? [] : [renderedNote(comparison)])];
  if (image.width !== rendered.width || image.height !== rendered.height) {
    return { verdict: 'differs', notes: [inputError('verify.size', path, `size must be ${rendered.width}x${rendered.height}, as it is rendered`, { got: `${image.width}x${image.height}` }).data, ...notes] };
  }
  const difference = comparePixels(image, rendered);
  if (difference === undefined) return { verdict: 'identical', notes };
  const allowed = comparison.tolerance ?? TOLERANCES[lossless ? 'lossless' : 'lossy'];
  // Where every pixel is kept, a file that isn't as it was written differs, however little.
  const verdict: Verdict = intact && comparison.keyFits && difference.largest <= allowed ? 'within-tolerance' : 'differs';
  return { verdict, difference, notes };
}
