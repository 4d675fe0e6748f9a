import { inputError } from '../../src/contract/errors.ts';
import { CHROMA_CHOICES, isLossless, PICTURE_FORMATS, type MetadataChoice, type PictureEncoding } from '../../src/contract/image-metadata.ts';
import type { RunContext } from '../../src/contract/node.ts';
import { defineNode, port } from '../define.ts';
import { fileStem } from '../file-stem.ts';
import type { NodeServices } from '../services.ts';
import type { Picture } from '../values.ts';
import { metadataParam, pictureText } from './picture-text.ts';

/** What tells one file of several from the others: its number and, where prompts may be told, its label. */
function suffixOf(picture: Picture, index: number, count: number, metadata: MetadataChoice): string {
  if (count === 1) return '';
  const number = String(index + 1).padStart(Math.max(2, String(count).length), '0');
  return metadata === 'full' ? `-${number}-${fileStem(picture.label)}` : `-${number}`;
}

/** What a file had no room for goes beside it, and the user is told. */
async function writeSidecar(name: string, texts: Readonly<Record<string, string>>, leftOut: readonly string[], context: RunContext<NodeServices>): Promise<void> {
  const kept = Object.fromEntries(leftOut.map((keyword) => [keyword, texts[keyword] ?? '']));
  const written = await context.services.files.write(`${name}.json`, new TextEncoder().encode(`${JSON.stringify(kept, undefined, 2)}\n`));
  context.artifact({ kind: 'data', ...written });
  context.warn(inputError('image.metadata-size', `${context.where}, ${name}`, 'metadata of a JPEG file must fit into 60,000 bytes', {
    hint: `The graph and what belongs to it are in ${name}.json beside the picture; keep both together, or write PNG, WebP or AVIF`,
  }).data);
}

/** Writes one picture and says so. */
async function savePicture(picture: Picture, name: string, encoding: PictureEncoding, texts: Readonly<Record<string, string>>, context: RunContext<NodeServices>): Promise<void> {
  const { images, files } = context.services;
  const { bytes, extension, leftOut } = await images.encode(picture, encoding, texts);
  if (leftOut.length > 0) await writeSidecar(`${name}${extension}`, texts, leftOut, context);
  const written = await files.write(`${name}${extension}`, bytes);
  context.artifact({ kind: 'image', ...written, pixels: images.pixelHash(picture) });
}

export const saveImageNode = defineNode({
  type: 'SaveImage',
  version: 2,
  category: 'image',
  title: 'Save Image',
  doc: 'Writes pictures with an sRGB profile, the graph that made them and the SHA-256 of their pixels. Equal runs write equal bytes.',
  sideEffects: true,
  inputs: { image: port('Image', 'The images to write.') },
  params: {
    name: { kind: 'path', target: 'file', access: 'write', default: 'image', doc: 'Start of the file names below the output folder; sub-folders are made.' },
    format: { kind: 'choice', options: PICTURE_FORMATS, default: 'png', doc: 'PNG keeps every pixel. WebP, AVIF and JPEG are smaller; WebP and AVIF can keep every pixel too.' },
    quality: { kind: 'integer', min: 1, max: 100, default: 90, doc: 'Of WebP, AVIF and JPEG: 100 is the best and largest.' },
    lossless: { kind: 'boolean', default: false, doc: 'WebP and AVIF only: keep every pixel; quality does not count then.' },
    chroma: { kind: 'choice', options: CHROMA_CHOICES, default: '4:4:4', doc: 'AVIF and JPEG: colour at full resolution (4:4:4), or at half (4:2:0), which is smaller and blurs coloured edges.' },
    metadata: metadataParam,
  },
  outputs: {},
  async run({ inputs, params, context }) {
    const { pictures } = inputs.image;
    const { format, quality, lossless, chroma, metadata } = params as PictureEncoding & { readonly metadata: MetadataChoice };
    const encoding: PictureEncoding = { format, quality, lossless, chroma };
    if (lossless && !isLossless(encoding)) throw inputError('image.lossless', context.where, 'lossless must be off for a format that always loses something', { got: format, hint: 'Choose PNG, WebP or AVIF', port: 'lossless' });
    for (const [index, picture] of pictures.entries()) {
      const name = `${params.name}${suffixOf(picture, index, pictures.length, metadata)}`;
      await savePicture(picture, name, encoding, pictureText(picture, context, metadata, { index, count: pictures.length }), context);
      context.progress({ done: index + 1, total: pictures.length, message: name });
    }
    return {};
  },
});
