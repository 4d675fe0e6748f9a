import { open, type FileHandle } from 'node:fs/promises';
import sharp from 'sharp';
import { AppError, inputError, runError } from '../../../contract/errors.ts';
import { PICTURE_TEXTS, pictureMetadataSchema, type PictureMetadata } from '../../../contract/image-metadata.ts';
import { printValue } from '../../../contract/params.ts';
import { decodableFormat, MAX_FILE_BYTES } from './codec.ts';
import { readPngText } from './png-text.ts';
import { readXmp } from './xmp.ts';

/** Format, size and texts of a picture file, read without decoding its pixels. */
export interface PictureTexts {
  /** PNG, JPEG, WebP, AVIF, GIF or TIFF. */
  readonly format: string;
  readonly width: number;
  readonly height: number;
  /** Every text by keyword, as found. */
  readonly texts: ReadonlyMap<string, string>;
}

/** What a picture file says of itself. */
export interface EmbeddedMetadata extends PictureTexts {
  /** What a graph of ours wrote; undefined when the file has none of it, or only the hash of its pixels. */
  readonly picture: PictureMetadata | undefined;
}

/** Longest text that is read as a prompt or a list of keys: a graph may be far longer. */
const MAX_SHORT_TEXT = 1024 * 1024;

async function readAll(file: FileHandle, where: string): Promise<Buffer> {
  const info = await file.stat();
  if (!info.isFile()) throw inputError('image.not-a-file', where, 'must be a picture file', { path: where });
  if (info.size > MAX_FILE_BYTES) throw inputError('image.too-large', where, `an image file must have at most ${MAX_FILE_BYTES} bytes`, { got: String(info.size), path: where });
  return file.readFile();
}

/** The bytes of a picture file that somebody else may have made. @throws AppError `files.read`, `image.too-large`, `image.not-a-file`. */
export async function readPictureBytes(path: string): Promise<Buffer> {
  let file: FileHandle | undefined;
  try {
    // One open file: its size can't be another's than that of what is read.
    file = await open(path, 'r');
    return await readAll(file, path);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw runError('files.read', path, 'file must be readable', { got: (error as Error).message, path });
  } finally {
    await file?.close();
  }
}

function parseJson(text: string, keyword: string, where: string): unknown {
  if (text.length > MAX_SHORT_TEXT * 16) throw damaged(where, keyword, `${text.length} characters`);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw damaged(where, keyword, (error as Error).message);
  }
}

function damaged(where: string, keyword: string, got: string): AppError {
  return inputError('metadata.damaged', where, `text "${keyword}" must be as Engram Studio writes it`, { got, hint: 'The metadata was changed, or written by a newer version' });
}

function parsePlace(text: string, where: string): { index: number; count: number } {
  const match = /^([1-9]\d{0,6})\/([1-9]\d{0,6})$/.exec(text);
  if (match === null || Number(match[1]) > Number(match[2])) throw damaged(where, PICTURE_TEXTS.place, printValue(text));
  return { index: Number(match[1]) - 1, count: Number(match[2]) };
}

/**
 * What a graph of ours has written, from the texts of a file.
 * @returns undefined when there is no graph: foreign pictures, and ours after they were stripped.
 * @throws AppError `metadata.damaged` naming the text that isn't as it is written.
 */
export function parsePictureTexts(texts: ReadonlyMap<string, string>, where: string): PictureMetadata | undefined {
  const graph = texts.get(PICTURE_TEXTS.graph);
  if (graph === undefined) return undefined;
  const [prompt, seed, place, provenance] = [texts.get(PICTURE_TEXTS.prompt), texts.get(PICTURE_TEXTS.seed), texts.get(PICTURE_TEXTS.place), texts.get(PICTURE_TEXTS.provenance)];
  const raw = {
    graph,
    node: texts.get(PICTURE_TEXTS.node),
    inputs: parseJson(texts.get(PICTURE_TEXTS.inputs) ?? '{}', PICTURE_TEXTS.inputs, where),
    pixels: texts.get(PICTURE_TEXTS.pixels),
    ...(prompt === undefined ? {} : { prompt }),
    ...(seed === undefined ? {} : { seed: /^\d{1,16}$/.test(seed) ? Number(seed) : seed }),
    ...(place === undefined ? {} : { place: parsePlace(place, where) }),
    ...(provenance === undefined ? {} : { provenance: parseJson(provenance, PICTURE_TEXTS.provenance, where) }),
  };
  const result = pictureMetadataSchema.safeParse(raw);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const [field] = issue?.path ?? [];
  const keyword = (PICTURE_TEXTS as Readonly<Record<string, string>>)[String(field)] ?? String(field);
  throw damaged(where, keyword, `${(issue?.path ?? []).slice(1).map(String).join('.')} ${issue?.message ?? ''}`.trim());
}

/** The texts of a picture, by keyword, for formats that carry an XMP packet. */
async function xmpTexts(bytes: Uint8Array, where: string): Promise<ReadonlyMap<string, string>> {
  const { xmp } = await sharp(bytes, { pages: 1 }).metadata();
  return xmp === undefined ? new Map() : readXmp(xmp.toString('utf8'), where);
}

/**
 * The texts of a picture of any origin, whatever they are.
 * @throws AppError `image.unreadable` for what is no picture; `png.damaged` or `xmp.damaged` for texts that are broken or would unpack to more than 64 MiB.
 */
export async function readPictureTexts(bytes: Uint8Array, where: string): Promise<PictureTexts> {
  const { format, width, height } = await decodableFormat(bytes, where);
  return { format, width, height, texts: format === 'PNG' ? readPngText(bytes, where) : await xmpTexts(bytes, where) };
}

/**
 * What a picture of any origin says of itself. Nothing in it is followed: paths stay texts.
 * @param where For messages: the file's name.
 * @throws AppError as {@link readPictureTexts}, and `metadata.damaged` for texts of ours that aren't as they are written.
 */
export async function parseImageMetadata(bytes: Uint8Array, where: string): Promise<EmbeddedMetadata> {
  const found = await readPictureTexts(bytes, where);
  return { ...found, picture: parsePictureTexts(found.texts, where) };
}

/** As {@link parseImageMetadata}, from a file. @throws AppError also `files.read`, and `image.too-large` above 256 MiB. */
export async function readImageMetadata(path: string): Promise<EmbeddedMetadata> {
  return parseImageMetadata(await readPictureBytes(path), path);
}
