import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BatchRowRecord, RowOutput } from '../../../contract/batch-events.ts';
import { cancelledError, describeError, toErrorData, type ErrorData } from '../../../contract/errors.ts';
import type { MetadataChoice } from '../../../contract/image-metadata.ts';
import { writeFileAtomic } from '../atomic-write.ts';
import { nodeFileSystem } from '../file-system.ts';
import { decodableFormat, decodeImage, encodeThumbnail } from '../images/codec.ts';
import { readPictureBytes } from '../images/metadata.ts';
import { galleryPage, type GalleryData, type GalleryEntry } from './gallery-page.ts';
import { inFileOrder, picturesOf, reportMetadata, rowLabels } from './row-labels.ts';
import type { SheetsOptions, WrittenReports } from './sheets.ts';

/** Folder of the thumbnails below the output folder. */
const THUMBNAILS = 'gallery';
/** Pictures up to this side are shown themselves. */
const THUMBNAIL_FROM = 400;
/** Longest side of a thumbnail in pixels: sharp on dense screens at the usual size. */
const THUMBNAIL_SIDE = 360;
/** Up to this side pixels are shown as squares when enlarged. */
const SMALL_SIDE = 160;
/** Pictures that are read at a time. */
const LANES = 4;

/** A path below the output folder as a relative address. */
function addressOf(file: string): string {
  return file.split('/').map(encodeURIComponent).join('/');
}

/** Size of a picture, and its thumbnail where it needs one. Thumbnails are named by the file's hash: those of an earlier start are used. */
async function lookAt(outputFolder: string, { file, sha256 }: RowOutput, fileSystem = nodeFileSystem): Promise<Partial<GalleryEntry>> {
  const bytes = await readPictureBytes(join(outputFolder, ...file.split('/')));
  const { width, height } = await decodableFormat(bytes, file);
  const longest = Math.max(width, height);
  const seen = { width, height, ...(longest <= SMALL_SIDE ? { small: true as const } : {}) };
  if (longest <= THUMBNAIL_FROM) return seen;
  const name = `${sha256.slice(0, 24)}.webp`;
  const path = join(outputFolder, THUMBNAILS, name);
  const isThere = await stat(path).then((info) => info.isFile(), () => false);
  if (!isThere) await writeFileAtomic(path, await encodeThumbnail(await decodeImage(bytes, file), THUMBNAIL_SIDE), fileSystem);
  return { ...seen, thumb: `${THUMBNAILS}/${name}` };
}

/** Numbers the values of every axis, and gives each row its numbers. */
class AxisValues {
  private readonly known: readonly Map<string, number>[];

  constructor(private readonly names: readonly string[]) {
    this.known = names.map(() => new Map<string, number>());
  }

  numbersOf(labels: Readonly<Record<string, string>>): number[] {
    return this.known.map((values, index) => {
      const value = labels[this.names[index] as string] ?? '';
      const number = values.get(value) ?? values.size;
      values.set(value, number);
      return number;
    });
  }

  axes(): GalleryData['axes'] {
    return this.known.map((values, index) => ({ name: this.names[index] as string, values: [...values.keys()] }));
  }
}

/** What a gallery says of a row beside its picture. Without metadata: nothing that names prompts or paths. */
function rowFacts({ row, state, seconds, result, error }: BatchRowRecord, metadata: MetadataChoice): Omit<GalleryEntry, 'labels'> {
  const message = error === undefined || state === 'done' ? undefined : metadata === 'full' ? describeError(error) : error.code;
  return {
    output: row.output, state,
    ...(seconds === undefined ? {} : { seconds: Math.round(seconds * 100) / 100 }),
    ...(typeof result?.device === 'string' ? { device: result.device } : {}),
    ...(metadata === 'full' ? { set: row.set } : {}),
    ...(message === undefined ? {} : { error: message }),
  };
}

function pictureFacts({ file, sha256, pixels, key }: RowOutput, metadata: MetadataChoice): Partial<GalleryEntry> {
  return { file, url: addressOf(file), sha256, ...(pixels === undefined ? {} : { pixels }), ...(metadata === 'full' ? { key } : {}) };
}

/** A picture that can't be read is told and shown by its name; that nothing can be written ends the gallery. */
function asWarning(thrown: unknown, { file }: RowOutput, warnings: ErrorData[]): Partial<GalleryEntry> {
  const error = toErrorData(thrown, file, 'run');
  if (error.code === 'files.write') throw thrown;
  warnings.push(error);
  return {};
}

interface Wanted { readonly record: BatchRowRecord; readonly labels: readonly number[]; readonly output: RowOutput | undefined }

interface Collected { readonly data: GalleryData; readonly warnings: readonly ErrorData[] }

/** Everything that the gallery shows; rows that wait are left out. */
async function collect({ outputFolder, plan, records, signal, fileSystem }: SheetsOptions): Promise<Collected> {
  const metadata = reportMetadata(plan);
  const labelsOf = rowLabels(plan, metadata);
  const values = new AxisValues(plan.axes);
  const warnings: ErrorData[] = [];
  const told = inFileOrder(records).filter(({ state }) => state === 'done' || state === 'failed');
  const wanted = told.flatMap((record): Wanted[] => {
    const labels = values.numbersOf(labelsOf(record.row));
    const outputs: readonly (RowOutput | undefined)[] = record.state === 'failed' ? [undefined] : picturesOf(record);
    return outputs.map((output) => ({ record, labels, output }));
  });
  const entries: GalleryEntry[] = new Array<GalleryEntry>(wanted.length);
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let at = next++; at < wanted.length; at = next++) {
      if (signal?.aborted === true) throw cancelledError('Gallery');
      const { record, labels, output } = wanted[at] as Wanted;
      const facts = { labels, ...rowFacts(record, metadata) };
      if (output === undefined) entries[at] = facts;
      else entries[at] = { ...facts, ...pictureFacts(output, metadata), ...(await lookAt(outputFolder, output, fileSystem).catch((thrown: unknown) => asWarning(thrown, output, warnings))) };
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return { data: { name: plan.name, axes: values.axes(), entries }, warnings };
}

/**
 * Writes `gallery.html` into the output folder, and thumbnails of large pictures into `gallery/`. It opens from disk, without this program and without a network.
 * @returns the page's path, and pictures that could not be read.
 * @throws AppError `files.write`, `run.cancelled`.
 */
export async function writeGallery(options: SheetsOptions): Promise<WrittenReports> {
  const { data, warnings } = await collect(options);
  const path = join(options.outputFolder, 'gallery.html');
  await writeFileAtomic(path, galleryPage(data), options.fileSystem);
  return { files: [path], warnings };
}
