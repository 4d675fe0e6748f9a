import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { inputError, runError } from '../../../contract/errors.ts';
import type { GraphFile } from '../../../contract/graph-file.ts';
import type { PictureMetadata } from '../../../contract/image-metadata.ts';
import { parseGraph } from '../../runtime/read-graph.ts';
import { decodeImage } from '../images/codec.ts';
import { parseImageMetadata, parsePictureTexts, readPictureBytes } from '../images/metadata.ts';
import type { RgbImage } from '../images/rgb-image.ts';

/** Largest file of metadata beside a picture: a graph may have 16 MiB. */
const MAX_SIDECAR_BYTES = 64 * 1024 * 1024;

const sidecarSchema = z.record(z.string().max(200), z.string());

/** What a picture claims, and what it shows. */
export interface PictureClaim {
  readonly image: RgbImage;
  readonly metadata: PictureMetadata;
  readonly graph: GraphFile;
}

/** Texts that had no room in the picture: `NAME.jpg.json` beside `NAME.jpg`. Undefined when there is no such file. @throws AppError `metadata.sidecar`. */
async function readSidecar(path: string): Promise<ReadonlyMap<string, string> | undefined> {
  const beside = `${path}.json`;
  const info = await stat(beside).catch(() => undefined);
  if (info?.isFile() !== true) return undefined;
  const fault = (got: string): Error => inputError('metadata.sidecar', beside, `must be the metadata of a picture, at most ${MAX_SIDECAR_BYTES} bytes of JSON`, { got, path: beside });
  if (info.size > MAX_SIDECAR_BYTES) throw fault(`${info.size} bytes`);
  try {
    return new Map(Object.entries(sidecarSchema.parse(JSON.parse(await readFile(beside, 'utf8')))));
  } catch (error) {
    if (error instanceof SyntaxError) throw fault(error.message);
    if (error instanceof z.ZodError) throw fault('other JSON');
    throw runError('files.read', beside, 'must be readable', { got: (error as Error).message, path: beside });
  }
}

/**
 * Reads a picture with all that it says of itself. Nothing is followed yet.
 * @throws AppError `image.*`, `png.*`, `xmp.*`, `metadata.*` or `graph.*` for files that are damaged; `verify.nothing-told` when there is no graph in it.
 */
export async function readClaim(path: string): Promise<PictureClaim> {
  const bytes = await readPictureBytes(path);
  const { picture, texts } = await parseImageMetadata(bytes, path);
  const sidecar = picture === undefined ? await readSidecar(path) : undefined;
  const metadata = picture ?? (sidecar === undefined ? undefined : parsePictureTexts(new Map([...sidecar, ...texts]), path));
  if (metadata === undefined) {
    throw inputError('verify.nothing-told', path, 'must tell how it was made', { path, hint: 'It was stripped, saved with metadata "none", or made by another program' });
  }
  return { image: await decodeImage(bytes, path, path), metadata, graph: parseGraph(metadata.graph, `${path}, embedded graph`) };
}
