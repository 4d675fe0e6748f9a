import { basename, join } from 'node:path';
import type { FileService, ImageService, NodeServices } from '../../nodes/services.ts';
import type { LatentColorCache } from '../../nodes/latent-colors.ts';
import type { TextStateCache } from '../../nodes/text-states.ts';
import type { Picture } from '../../nodes/values.ts';
import { headerByteLength, parseSafetensorsHeader } from './core/safetensors/header.ts';
import type { SessionProvider } from './core/session.ts';
import type { NodeRunRequest } from './runtime/node-runner.ts';
import { listDataset } from './services/datasets.ts';
import type { FileHashes } from './services/file-hashes.ts';
import { decodeImageFile, encodePng, resizeImage } from './services/images/codec.ts';
import { encodePicture } from './services/images/encode.ts';
import { drawContactSheet } from './services/images/contact-sheet.ts';
import { pixelHash, type RgbImage } from './services/images/rgb-image.ts';
import { openModelFolder } from './services/model-folder.ts';
import { createNodeFiles } from './services/node-files.ts';

/** A picture that came from no prompt. */
function plainPicture(image: RgbImage, label: string): Picture {
  return { ...image, label, prompt: '', seed: undefined };
}

const images: ImageService = {
  decode: async (path) => plainPicture(await decodeImageFile(path), basename(path)),
  resize: async (picture, width, height, mode) => ({ ...picture, ...(await resizeImage(picture, width, height, mode)) }),
  encode: (picture, encoding, texts) => encodePicture(picture, encoding, texts),
  encodePng: (picture, text) => encodePng(picture, text),
  pixelHash: (picture) => pixelHash(picture),
  contactSheet: async (sheet) => plainPicture(drawContactSheet(sheet), 'contact sheet'),
};

/** What all runs of an engine share. */
export interface SharedServices {
  readonly sessions: SessionProvider;
  readonly textStates: TextStateCache;
  readonly latentColors: LatentColorCache;
  readonly hashes: FileHashes;
  /** Folder that holds the unfinished work of all content keys. */
  readonly workFolder: string;
}

function filesFor(request: NodeRunRequest, workFolder: string): FileService {
  const readable = Object.values(request.params).filter((value): value is string => typeof value === 'string');
  return createNodeFiles({ where: request.where, readable, outputFolder: request.outputFolder, workFolder: join(workFolder, request.contentKey) });
}

/** The services of one run of one node. */
export function nodeServicesFor(request: NodeRunRequest, shared: SharedServices): NodeServices {
  const header = { byteLength: headerByteLength, parse: parseSafetensorsHeader };
  return {
    sessions: shared.sessions,
    textStates: shared.textStates,
    latentColors: shared.latentColors,
    now: () => performance.now(),
    images,
    files: filesFor(request, shared.workFolder),
    openModelFolder: (path) => openModelFolder(path, { hashes: shared.hashes, header }),
    listDataset,
  };
}
