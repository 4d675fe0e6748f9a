import type { PictureEncoding } from '../src/contract/image-metadata.ts';
import type { ModelFolder } from '../src/main/backbones/backbone.ts';
import type { SessionProvider } from '../src/main/core/session.ts';
import type { LatentColorCache } from './latent-colors.ts';
import type { TextStateCache } from './text-states.ts';
import type { Picture } from './values.ts';

/** How a picture is brought to a size. */
export type FitMode = 'cover' | 'contain' | 'stretch';

/** A file written by a node. */
export interface WrittenFile {
  /** Absolute. */
  readonly path: string;
  /** SHA-256 of the bytes, hex. */
  readonly sha256: string;
}

/** Pictures in and out of files. Decoding has limits on size, and takes no format that can name other files. */
export interface ImageService {
  /** @throws AppError naming the file when it isn't an image. */
  decode(path: string): Promise<Picture>;
  resize(picture: Picture, width: number, height: number, mode: FitMode): Promise<Picture>;
  /**
   * A file with an sRGB profile and texts in it; equal inputs give equal bytes. `Pixels-SHA256` is added.
   * @returns its bytes, its ending with the dot, and the keywords of the texts that the format had no room for.
   */
  encode(picture: Picture, encoding: PictureEncoding, texts: Readonly<Record<string, string>>): Promise<{ readonly bytes: Uint8Array; readonly extension: string; readonly leftOut: readonly string[] }>;
  /** PNG with text chunks and no profile, for previews and maps; equal inputs give equal bytes. `Pixels-SHA256` is added. */
  encodePng(picture: Picture, text: Readonly<Record<string, string>>): Promise<Uint8Array>;
  /** SHA-256 over width, height and pixels, hex. */
  pixelHash(picture: Picture): string;
  /** A labelled grid: rows of cells, each column and row with its label. */
  contactSheet(sheet: ContactSheet): Promise<Picture>;
}

export interface ContactSheet {
  readonly columnLabels: readonly string[];
  readonly rows: readonly { readonly label: string; readonly cells: readonly (Picture | undefined)[] }[];
  /** Smallest side of a cell in pixels: smaller pictures are enlarged without smoothing by a whole factor. */
  readonly cellSize: number;
}

/** Files as a node may touch them: reads of what the graph names, writes below the run's output folder, and a work folder per content key. */
export interface FileService {
  /** Bytes of a file that a checked path param names. */
  read(path: string): Promise<Uint8Array>;
  /** Writes below the output folder, whole or not at all. `name` may hold sub-folders. @throws AppError when it would leave the folder. */
  write(name: string, bytes: Uint8Array): Promise<WrittenFile>;
  /** Unfinished work of this content key (checkpoints): survives kill -9, and goes when the node's results are kept. */
  readWork(name: string): Promise<Uint8Array | undefined>;
  writeWork(name: string, bytes: Uint8Array): Promise<void>;
}

/** A dataset folder as found on disk, before any image is decoded. */
export interface DatasetListing {
  readonly label: string;
  readonly items: readonly { readonly name: string; readonly path: string; readonly caption: string }[];
}

/** What nodes may use of the world. The engine process provides it; tests may provide parts. */
export interface NodeServices {
  /** Sessions on the run's device. */
  readonly sessions: SessionProvider;
  readonly images: ImageService;
  /** Text states that were made before, for any node of any run. */
  readonly textStates: TextStateCache;
  /** How latents look, for previews. */
  readonly latentColors: LatentColorCache;
  readonly files: FileService;
  /** Milliseconds from any start, never falling: for time left only, no result depends on it. */
  readonly now: () => number;
  openModelFolder(path: string): Promise<ModelFolder>;
  listDataset(path: string): Promise<DatasetListing>;
}
