import type { ValueCodec } from '../../src/contract/node.ts';
import type { ImageBatch, Picture } from '../values.ts';
import { describeNumbers } from './describe.ts';
import { pack, unpack } from './pack.ts';

export const imageCodec: ValueCodec = {
  type: 'Image',
  encode(value) {
    const { pictures } = value as ImageBatch;
    return pack({
      json: pictures.map(({ pixels: _pixels, ...rest }) => rest),
      arrays: Object.fromEntries(pictures.map((picture, index) => [String(index), picture.pixels])),
    });
  },
  decode(bytes): ImageBatch {
    const { json, arrays } = unpack(bytes);
    const pictures = (json as Omit<Picture, 'pixels'>[]).map((rest, index) => ({ ...rest, seed: rest.seed, pixels: arrays[String(index)] as Uint8Array }));
    return { pictures };
  },
  describe(value) {
    const { pictures } = value as ImageBatch;
    const sizes = new Set(pictures.map(({ width, height }) => `${height},${width}`));
    // Pictures of several sizes are no one array: only their number is told.
    const [first] = pictures;
    const shape = first === undefined || sizes.size > 1 ? [pictures.length] : [pictures.length, first.height, first.width, 3];
    return describeNumbers(shape, pictures.map(({ pixels }) => pixels));
  },
};
