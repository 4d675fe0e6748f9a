import type { ValueCodec } from '../../src/contract/node.ts';
import type { LatentBatch } from '../values.ts';
import { describeNumbers } from './describe.ts';
import { pack, unpack } from './pack.ts';

export const latentsCodec: ValueCodec = {
  type: 'Latents',
  encode(value) {
    const { items, ...size } = value as LatentBatch;
    const arrays: Record<string, Float32Array> = {};
    items.forEach((item, index) => { if (item.data !== undefined) arrays[String(index)] = item.data; });
    return pack({ json: { ...size, items: items.map(({ label, prompt, seed }) => ({ label, prompt, seed })) }, arrays });
  },
  decode(bytes): LatentBatch {
    const { json, arrays } = unpack(bytes);
    const batch = json as LatentBatch;
    return { ...batch, items: batch.items.map((item, index) => ({ ...item, data: arrays[String(index)] as Float32Array | undefined })) };
  },
  describe(value) {
    const { items, channels, height, width } = value as LatentBatch;
    // Noise that is still to be drawn has sizes and no numbers.
    return describeNumbers([items.length, channels, height, width], items.flatMap(({ data }) => data ?? []));
  },
};
