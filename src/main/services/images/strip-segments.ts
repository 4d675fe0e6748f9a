import { inputError, type AppError } from '../../../contract/errors.ts';

/** A file without its metadata, and names of what was left out. */
export interface Stripped {
  readonly bytes: Uint8Array;
  readonly removed: readonly string[];
}

function fault(where: string, rule: string, got?: string): AppError {
  return inputError('image.damaged', where, rule, got === undefined ? {} : { got });
}

const JPEG_START = 0xd8;
const JPEG_SCAN = 0xda;
const JPEG_END = 0xd9;
/** Segments that decide what pixels look like: JFIF and its density (APP0), the colour profile (APP2), Adobe's colour transform (APP14). */
const JPEG_KEPT_APPLICATION: ReadonlySet<number> = new Set([0xe0, 0xe2, 0xee]);

/** APP0..APP15 and comments, but for those above; an APP2 that is no colour profile tells of other pictures in the file. */
function isJpegMetadata(marker: number, data: Uint8Array): boolean {
  if (marker === 0xfe) return true;
  if (marker < 0xe0 || marker > 0xef) return false;
  if (marker === 0xe2) return !Buffer.from(data.subarray(0, 12)).equals(Buffer.from('ICC_PROFILE\0', 'latin1'));
  return !JPEG_KEPT_APPLICATION.has(marker);
}

/**
 * A JPEG file without EXIF, XMP, IPTC and comments; the compressed picture stays as it is, byte by byte.
 * What follows the picture (more pictures of a phone) goes too.
 * @throws AppError `image.damaged`.
 */
export function stripJpeg(bytes: Uint8Array, where: string): Stripped {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || bytes[0] !== 0xff || bytes[1] !== JPEG_START) throw fault(where, 'must begin with a JPEG marker');
  const kept: Uint8Array[] = [bytes.subarray(0, 2)];
  const removed: string[] = [];
  for (let at = 2; ;) {
    if (bytes[at] === 0xff && bytes[at + 1] === JPEG_END) return { bytes: Buffer.concat([...kept, bytes.subarray(at, at + 2)]), removed };
    if (at + 4 > bytes.length || bytes[at] !== 0xff) throw fault(where, 'segments of a JPEG file must follow each other up to its end', `byte ${at}`);
    const marker = bytes[at + 1] as number;
    const end = at + 2 + view.getUint16(at + 2);
    if (end > bytes.length || end < at + 4) throw fault(where, 'a segment must end within the file', `byte ${at}`);
    // A progressive file has several scans, with segments between them.
    const next = marker === JPEG_SCAN ? endOfScan(bytes, end) : end;
    if (isJpegMetadata(marker, bytes.subarray(at + 4, end))) removed.push(marker === 0xfe ? 'comment' : `APP${marker - 0xe0}`);
    else kept.push(bytes.subarray(at, next));
    at = next;
  }
}

/** Where the next marker stands: in coded data 0xff is followed by 0, by the number of a restart, or by fill bytes. */
function endOfScan(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1] as number;
    if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  return bytes.length;
}

/** Bits of a VP8X chunk's first byte that say that EXIF and XMP follow (WebP container specification). */
const WEBP_EXIF_BIT = 0x08;
const WEBP_XMP_BIT = 0x04;
/** Chunks of a WebP file that make its picture and its colours. */
const WEBP_KEPT: ReadonlySet<string> = new Set(['VP8 ', 'VP8L', 'VP8X', 'ALPH', 'ICCP', 'ANIM', 'ANMF']);

/**
 * A WebP file without EXIF, XMP and unknown chunks; the compressed picture stays as it is, byte by byte.
 * @throws AppError `image.damaged`.
 */
export function stripWebp(bytes: Uint8Array, where: string): Stripped {
  const buffer = Buffer.from(bytes);
  if (buffer.length < 12 || buffer.toString('latin1', 0, 4) !== 'RIFF' || buffer.toString('latin1', 8, 12) !== 'WEBP') throw fault(where, 'must begin as a RIFF file of WebP');
  const end = buffer.readUInt32LE(4) + 8;
  if (end > buffer.length) throw fault(where, 'must be as long as its first chunk says', `${buffer.length} of ${end} bytes`);
  const kept: Buffer[] = [];
  const removed: string[] = [];
  for (let at = 12; at < end;) {
    if (at + 8 > end) throw fault(where, 'chunks must end within the file', `byte ${at}`);
    const type = buffer.toString('latin1', at, at + 4);
    const length = buffer.readUInt32LE(at + 4);
    const next = at + 8 + length + (length % 2);
    if (at + 8 + length > end) throw fault(where, `chunk ${JSON.stringify(type)} must end within the file`);
    if (WEBP_KEPT.has(type)) kept.push(buffer.subarray(at, Math.min(next, end)));
    else removed.push(type.trim());
    at = next;
  }
  for (const chunk of kept) if (chunk.toString('latin1', 0, 4) === 'VP8X' && chunk.length > 8) chunk[8] = (chunk[8] as number) & ~(WEBP_EXIF_BIT | WEBP_XMP_BIT);
  const body = Buffer.concat(kept);
  const head = Buffer.from(buffer.subarray(0, 12));
  head.writeUInt32LE(body.length + 4, 4);
  return { bytes: Buffer.concat([head, body]), removed };
}
