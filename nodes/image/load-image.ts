import { defineNode, port } from '../define.ts';

export const loadImageNode = defineNode({
  type: 'LoadImage',
  version: 1,
  category: 'image',
  title: 'Load Image',
  doc: 'Reads one image file, turned upright, as 8-bit RGB.',
  inputs: {},
  params: {
    file: { kind: 'path', target: 'file', access: 'read', default: '', doc: 'A PNG, JPEG, WebP, AVIF, TIFF or GIF file.' },
  },
  outputs: { image: port('Image', 'The image.') },
  async run({ params, context }) {
    return { image: { pictures: [await context.services.images.decode(params.file)] } };
  },
});
