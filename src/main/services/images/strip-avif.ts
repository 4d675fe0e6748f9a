import { inputError, type AppError } from '../../../contract/errors.ts';
import type { Stripped } from './strip-segments.ts';

/** One box of an ISO base media file (ISO/IEC 14496-12, 4.2): where its contents lie. */
interface Box {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** Where an item's bytes lie in the file. */
interface Extent { readonly start: number; readonly end: number }

function fault(where: string, rule: string, got?: string): AppError {
  return inputError('image.damaged', where, rule, got === undefined ? {} : { got });
}

/** Reads big-endian numbers one after the other. */
class Reader {
  constructor(private readonly bytes: Buffer, private at: number, private readonly end: number, private readonly where: string) {}

  /** An unsigned number of 0, 1, 2, 3, 4 or 8 bytes. */
  number(size: number): number {
    if (this.at + size > this.end) throw fault(this.where, 'a box must hold all of its fields');
    const value = size === 0 ? 0 : size === 8 ? Number(this.bytes.readBigUInt64BE(this.at)) : this.bytes.readUIntBE(this.at, size);
    this.at += size;
    return value;
  }

  /** Text up to a zero byte. */
  text(): string {
    const zero = this.bytes.indexOf(0, this.at);
    const end = zero < 0 || zero >= this.end ? this.end : zero;
    const text = this.bytes.toString('latin1', this.at, end);
    this.at = Math.min(this.end, end + 1);
    return text;
  }

  get position(): number {
    return this.at;
  }
}

/** The boxes from `start` to `end`. */
function boxesOf(bytes: Buffer, start: number, end: number, where: string): Box[] {
  const boxes: Box[] = [];
  for (let at = start; at < end;) {
    const reader = new Reader(bytes, at, end, where);
    const short = reader.number(4);
    const type = bytes.toString('latin1', at + 4, at + 8);
    reader.number(4);
    const length = short === 1 ? reader.number(8) : short === 0 ? end - at : short;
    if (length < reader.position - at || at + length > end) throw fault(where, `box ${JSON.stringify(type)} must end within the one around it`);
    boxes.push({ type, start: reader.position, end: at + length });
    at += length;
  }
  return boxes;
}

function boxOf(boxes: readonly Box[], type: string): Box | undefined {
  return boxes.find((box) => box.type === type);
}

/** Items that are metadata, by number: EXIF, and XMP as a file of its media type (`iinf` with `infe` of version 2 and 3). */
function metadataItems(bytes: Buffer, infos: Box, where: string): Map<number, string> {
  const items = new Map<number, string>();
  const list = new Reader(bytes, infos.start, infos.end, where);
  list.number(bytes[infos.start] === 0 ? 6 : 8); // version and flags, number of entries
  for (const box of boxesOf(bytes, list.position, infos.end, where).filter(({ type }) => type === 'infe')) {
    const reader = new Reader(bytes, box.start, box.end, where);
    const version = reader.number(1);
    if (version < 2) continue;
    reader.number(3);
    const id = reader.number(version === 2 ? 2 : 4);
    reader.number(2); // protection
    const type = bytes.toString('latin1', reader.position, reader.position + 4);
    reader.number(4);
    reader.text(); // name
    const contentType = type === 'mime' ? reader.text() : '';
    if (type === 'Exif') items.set(id, 'Exif');
    if (contentType !== '') items.set(id, contentType === 'application/rdf+xml' ? 'XMP' : contentType);
  }
  return items;
}

/** Where the items lie (`iloc`): in the file, or in `idat`. */
function extentsOf(bytes: Buffer, locations: Box, data: Box | undefined, where: string): Map<number, Extent[]> {
  const reader = new Reader(bytes, locations.start, locations.end, where);
  const version = reader.number(1);
  reader.number(3);
  const sizes = reader.number(2);
  const [offsetSize, lengthSize, baseSize, indexSize] = [(sizes >> 12) & 15, (sizes >> 8) & 15, (sizes >> 4) & 15, version === 0 ? 0 : sizes & 15];
  if ([offsetSize, lengthSize, baseSize, indexSize].some((size) => ![0, 4, 8].includes(size))) throw fault(where, 'box "iloc" must have fields of 0, 4 or 8 bytes');
  const count = reader.number(version < 2 ? 2 : 4);
  const found = new Map<number, Extent[]>();
  for (let item = 0; item < count; item += 1) {
    const id = reader.number(version < 2 ? 2 : 4);
    const construction = version === 0 ? 0 : reader.number(2) & 15;
    reader.number(2); // data reference
    const base = reader.number(baseSize) + (construction === 1 ? data?.start ?? NaN : 0);
    const extents = reader.number(2);
    const own: Extent[] = [];
    for (let index = 0; index < extents; index += 1) {
      reader.number(indexSize);
      const start = base + reader.number(offsetSize);
      own.push({ start, end: start + reader.number(lengthSize) });
    }
    found.set(id, own);
  }
  return found;
}

/**
 * An AVIF file whose EXIF and XMP are overwritten: XMP with spaces, EXIF with zeros. Offsets and the compressed picture stay as they are, byte by byte, and so does the file's length.
 * @throws AppError `image.damaged`.
 */
export function stripAvif(original: Uint8Array, where: string): Stripped {
  const bytes = Buffer.from(original);
  const meta = boxOf(boxesOf(bytes, 0, bytes.length, where), 'meta');
  if (meta === undefined) throw fault(where, 'must have a box "meta"');
  const boxes = boxesOf(bytes, meta.start + 4, meta.end, where);
  const [infos, locations] = [boxOf(boxes, 'iinf'), boxOf(boxes, 'iloc')];
  if (infos === undefined || locations === undefined) throw fault(where, 'must list its items ("iinf", "iloc")');
  const extents = extentsOf(bytes, locations, boxOf(boxes, 'idat'), where);
  const removed: string[] = [];
  for (const [id, name] of metadataItems(bytes, infos, where)) {
    for (const { start, end } of extents.get(id) ?? []) {
      if (!(start >= 0 && end <= bytes.length)) throw fault(where, `item ${id} must lie within the file`);
      bytes.fill(name === 'Exif' ? 0 : 0x20, start, end);
    }
    removed.push(name);
  }
  return { bytes, removed };
}
