import { defineNode, port } from '../define.ts';
import { fileStem } from '../file-stem.ts';
import type { Picture } from '../values.ts';
import { pictureText } from './picture-text.ts';

/** What tells one file of several from the others: its number and, where prompts may be told, its label. */
function suffixOf(picture: Picture, index: number, count: number, tellPrompt: boolean): string {
  if (count === 1) return '';
  const number = String(index + 1).padStart(Math.max(2, String(count).length), '0');
  return tellPrompt ? `-${number}-${fileStem(picture.label)}` : `-${number}`;
}

export const saveImageNode = defineNode({
  type: 'SaveImage',
  version: 1,
  category: 'image',
  title: 'Save Image',
  doc: 'Writes PNG files that carry the graph that made them and the SHA-256 of their pixels. Equal runs write equal bytes.',
  sideEffects: true,
  inputs: { image: port('Image', 'The images to write.') },
  params: {
    name: { kind: 'path', target: 'file', access: 'write', default: 'image', doc: 'Start of the file names below the output folder; sub-folders are made.' },
    embedGraph: { kind: 'boolean', default: true, doc: 'Write the graph into the file and prompts into file names. Off for sharing: prompts and paths stay with you.' },
  },
  outputs: {},
  async run({ inputs, params, context }) {
    const { images, files } = context.services;
    const { pictures } = inputs.image;
    for (const [index, picture] of pictures.entries()) {
      const name = `${params.name}${suffixOf(picture, index, pictures.length, params.embedGraph)}.png`;
      const bytes = await images.encodePng(picture, pictureText(picture, context, params.embedGraph));
      const written = await files.write(name, bytes);
      context.artifact({ kind: 'image', ...written, pixels: images.pixelHash(picture) });
      context.progress({ done: index + 1, total: pictures.length, message: name });
    }
    return {};
  },
});
