import { crc32, inflateSync } from 'node:zlib';
import { inputError, internalError, type AppError } from '../../../contract/errors.ts';

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** Length and type before a chunk's data, checksum after it. */
const CHUNK_HEAD = 8;
const CHUNK_TAIL = 4;
/** Most bytes that the packed texts of a file may unpack to, all together: a graph file may have 16 MiB. */
const MAX_TEXT_BYTES = 64 * 1024 * 1024;

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
  /** Where the chunk begins and ends in the file. */
  readonly start: number;
  readonly end: number;
}

function fault(where: string, rule: string, got?: string): AppError {
  return inputError('png.damaged', where, rule, { ...(got === undefined ? {} : { got }), hint: 'The file is damaged or not a PNG' });
}

/** The chunks of a PNG file, checked: lengths, checksums, IHDR first, IEND last. */
function* chunksOf(png: Uint8Array, where: string): Generator<Chunk> {
  if (!SIGNATURE.every((byte, index) => png[index] === byte)) throw fault(where, 'must begin with the PNG signature');
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  let type = '';
  for (let start = SIGNATURE.length; type !== 'IEND';) {
    if (start + CHUNK_HEAD + CHUNK_TAIL > png.length) throw fault(where, 'must end with an IEND chunk', `end of file after ${type === '' ? 'the signature' : type}`);
    const dataStart = start + CHUNK_HEAD;
    const dataEnd = dataStart + view.getUint32(start);
    const end = dataEnd + CHUNK_TAIL;
    type = Buffer.from(png.subarray(start + 4, dataStart)).toString('latin1');
    if (end > png.length) throw fault(where, `chunk ${JSON.stringify(type)} must end within the file`);
    if (start === SIGNATURE.length && type !== 'IHDR') throw fault(where, 'must begin with an IHDR chunk', JSON.stringify(type));
    if (view.getUint32(dataEnd) !== crc32(png.subarray(start + 4, dataEnd))) throw fault(where, `checksum of chunk ${type} must fit its data`);
    yield { type, data: png.subarray(dataStart, dataEnd), start, end };
    start = end;
  }
}

function makeChunk(type: string, data: Uint8Array): Uint8Array {
  const chunk = new Uint8Array(CHUNK_HEAD + data.length + CHUNK_TAIL);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, data.length);
  chunk.set(Buffer.from(type, 'latin1'), 4);
  chunk.set(data, CHUNK_HEAD);
  view.setUint32(CHUNK_HEAD + data.length, crc32(chunk.subarray(4, CHUNK_HEAD + data.length)));
  return chunk;
}

/** An iTXt chunk: keyword, 0, not packed (0, 0), no language, no translated keyword, UTF-8 text (PNG specification 11.3.3.4). */
function textChunk(keyword: string, text: string): Uint8Array {
  if (!/^[!-~](?:[ -~]{0,77}[!-~])?$/.test(keyword) || keyword.includes('  ')) {
    throw internalError('png.keyword', `PNG text "${keyword}"`, 'keyword must be 1..79 printable ASCII characters without spaces at its ends or in pairs');
  }
  if (text.includes('\0')) throw inputError('png.text', `PNG text "${keyword}"`, 'must not hold the character 0');
  return makeChunk('iTXt', Buffer.from(`${keyword}\0\0\0\0\0${text}`, 'utf8'));
}

/**
 * Adds texts to a PNG file as iTXt chunks right after its header, sorted by keyword and not packed, so that equal texts give equal bytes.
 * @throws AppError `png.damaged` when it isn't a PNG file.
 */
export function insertPngText(png: Uint8Array, texts: Readonly<Record<string, string>>): Uint8Array {
  const header = chunksOf(png, 'PNG').next().value as Chunk;
  const added = Object.keys(texts).sort().map((keyword) => textChunk(keyword, texts[keyword] as string));
  return Buffer.concat([png.subarray(0, header.end), ...added, png.subarray(header.end)]);
}

/** Ancillary chunks that decide what the pixels look like. */
const COLOUR: ReadonlySet<string> = new Set(['tRNS', 'cHRM', 'gAMA', 'iCCP', 'sBIT', 'sRGB', 'cICP', 'bKGD', 'pHYs', 'acTL', 'fcTL', 'fdAT']);

/**
 * A PNG file with nothing but its picture: texts, EXIF, time and unknown extra chunks are left out, pixels and colour profile stay as they are, byte by byte.
 * @returns the file and the types of the chunks that were left out.
 * @throws AppError `png.damaged`.
 */
export function stripPng(png: Uint8Array, where: string): { readonly bytes: Uint8Array; readonly removed: readonly string[] } {
  const kept: Uint8Array[] = [SIGNATURE];
  const removed: string[] = [];
  for (const { type, start, end } of chunksOf(png, where)) {
    // Critical chunks begin with a capital letter: pixels can't be decoded without them.
    const keep = /^[A-Z]/.test(type) || COLOUR.has(type);
    if (keep) kept.push(png.subarray(start, end));
    else removed.push(type);
  }
  return { bytes: Buffer.concat(kept), removed };
}

/** Splits at the first zero byte; undefined when there is none. */
function splitAtZero(bytes: Uint8Array): [Uint8Array, Uint8Array] | undefined {
  const at = bytes.indexOf(0);
  return at < 0 ? undefined : [bytes.subarray(0, at), bytes.subarray(at + 1)];
}

/** Unpacks the texts of one file, which share one limit. */
function unpacker(where: string): (bytes: Uint8Array) => Uint8Array {
  let room = MAX_TEXT_BYTES;
  return (bytes) => {
    try {
      const text = inflateSync(bytes, { maxOutputLength: Math.max(1, room) });
      room -= text.length;
      return text;
    } catch (error) {
      throw fault(where, `packed texts must unpack to at most ${MAX_TEXT_BYTES} bytes in all`, (error as Error).message);
    }
  };
}

/** Keyword and text of a text chunk, one entry per chunk type; undefined when its form is wrong. */
const TEXT_READERS: Readonly<Record<string, (data: Uint8Array, unpack: (bytes: Uint8Array) => Uint8Array) => [string, string] | undefined>> = {
  tEXt(data) {
    const parts = splitAtZero(data);
    return parts && [Buffer.from(parts[0]).toString('latin1'), Buffer.from(parts[1]).toString('latin1')];
  },
  zTXt(data, unpack) {
    const parts = splitAtZero(data);
    if (parts === undefined || parts[1][0] !== 0) return undefined; // method 0 is the only one
    return [Buffer.from(parts[0]).toString('latin1'), Buffer.from(unpack(parts[1].subarray(1))).toString('latin1')];
  },
  iTXt(data, unpack) {
    const parts = splitAtZero(data);
    const language = parts && splitAtZero(parts[1].subarray(2));
    const translated = language && splitAtZero(language[1]);
    if (parts === undefined || translated === undefined || parts[1][1] !== 0) return undefined;
    const packed = parts[1][0] === 1;
    return [Buffer.from(parts[0]).toString('latin1'), Buffer.from(packed ? unpack(translated[1]) : translated[1]).toString('utf8')];
  },
};

/**
 * The texts of a PNG file, by keyword (tEXt, zTXt, iTXt); of a keyword that comes twice, the first.
 * @throws AppError `png.damaged` for wrong lengths, checksums or text chunks; also when texts would unpack to more than 64 MiB.
 */
export function readPngText(png: Uint8Array, where: string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  const unpack = unpacker(where);
  for (const { type, data } of chunksOf(png, where)) {
    const reader = Object.hasOwn(TEXT_READERS, type) ? TEXT_READERS[type] : undefined;
    if (reader === undefined) continue;
    const entry = reader(data, unpack);
    if (entry === undefined) throw fault(where, `chunk ${type} must hold a keyword and a text`);
    if (!texts.has(entry[0])) texts.set(entry[0], entry[1]);
  }
  return texts;
}
