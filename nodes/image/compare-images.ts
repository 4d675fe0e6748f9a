import { inputError, runError } from '../../src/contract/errors.ts';
import type { Picture, Report } from '../values.ts';
import { defineNode, port } from '../define.ts';

/** What differs between two pictures of one size. */
export interface PictureDifference {
  readonly equal: boolean;
  /** Pixels with at least one differing channel. */
  readonly differingPixels: number;
  /** Largest difference of a channel, 0..255. */
  readonly largest: number;
  /** Mean difference over all channel values, 0..255. */
  readonly mean: number;
  /** Absolute difference per channel, scaled so that the largest becomes 255. */
  readonly map: Picture;
}

/** Compares decoded pixels. Different sizes are never equal and give no map. */
export function comparePictures(a: Picture, b: Picture): PictureDifference | undefined {
  if (a.width !== b.width || a.height !== b.height) return undefined;
  const absolute = a.pixels.map((value, index) => Math.abs(value - (b.pixels[index] as number)));
  let [sum, largest, differingPixels] = [0, 0, 0];
  for (let pixel = 0; pixel < absolute.length; pixel += 3) {
    const channels = [absolute[pixel] as number, absolute[pixel + 1] as number, absolute[pixel + 2] as number];
    const most = Math.max(...channels);
    largest = Math.max(largest, most);
    differingPixels += most > 0 ? 1 : 0;
    sum += channels.reduce((total, value) => total + value, 0);
  }
  const gain = largest === 0 ? 0 : 255 / largest;
  const map: Picture = { ...a, pixels: absolute.map((value) => Math.round(value * gain)) };
  return { equal: largest === 0, differingPixels, largest, mean: sum / absolute.length, map };
}

export const compareImagesNode = defineNode({
  type: 'CompareImages',
  version: 1,
  category: 'image',
  title: 'Compare Images',
  doc: 'Says of every pair whether the decoded pixels are equal, and maps the difference. Writes the findings as JSON, and can demand an outcome.',
  sideEffects: true,
  inputs: {
    a: port('Image', 'One batch.'),
    b: port('Image', 'The other; pairs are made by place.'),
  },
  params: {
    name: { kind: 'path', target: 'file', access: 'write', default: 'comparison', doc: 'Start of the names of the report and the difference maps.' },
    expect: { kind: 'choice', options: ['nothing', 'equal', 'different'], default: 'nothing', doc: 'What must hold for every pair; the node fails when it does not.' },
    saveMaps: { kind: 'boolean', default: true, doc: 'Write a difference map for every pair that differs.' },
  },
  outputs: {
    report: port('Report', 'The findings.'),
    maps: port('Image', 'Difference maps, scaled to full range; black where the pair is equal.'),
  },
  async run({ inputs, params, context }) {
    const { images, files } = context.services;
    const [left, right] = [inputs.a.pictures, inputs.b.pictures];
    if (left.length !== right.length) throw inputError('compare.count', context.where, 'both batches must have as many pictures', { got: `${left.length} and ${right.length}` });
    const maps: Picture[] = [];
    const pairs = [];
    for (const [index, a] of left.entries()) {
      const b = right[index] as Picture;
      const difference = comparePictures(a, b);
      if (difference === undefined) throw inputError('compare.size', `${context.where}, pair ${index + 1}`, 'both pictures must have one size', { got: `${a.width}x${a.height} and ${b.width}x${b.height}` });
      maps.push(difference.map);
      const { map, ...figures } = difference;
      pairs.push({ label: a.label, ...figures, a: images.pixelHash(a), b: images.pixelHash(b) });
      if (params.saveMaps && !difference.equal) {
        const bytes = await images.encodePng(map, {});
        context.artifact({ kind: 'image', ...(await files.write(`${params.name}-difference-${index + 1}.png`, bytes)), pixels: images.pixelHash(map) });
      }
    }
    const equal = pairs.filter((pair) => pair.equal).length;
    const written = await files.write(`${params.name}.json`, new TextEncoder().encode(`${JSON.stringify({ pairs: pairs.length, equal, results: pairs }, undefined, 2)}\n`));
    context.artifact({ kind: 'report', ...written });
    const wrong = params.expect === 'nothing' ? [] : pairs.filter((pair) => pair.equal !== (params.expect === 'equal'));
    if (wrong.length > 0) {
      throw runError('compare.expectation', context.where, `every pair must be ${params.expect}`, { got: `${wrong.length} of ${pairs.length} that are not, first "${wrong[0]?.label ?? ''}"` });
    }
    const report: Report = {
      title: `${equal} of ${pairs.length} pairs have equal pixels`,
      facts: { pairs: pairs.length, equal },
      lines: pairs.map((pair) => `${pair.label}: ${pair.equal ? 'equal' : `${pair.differingPixels} pixels differ, at most by ${pair.largest}/255`}`),
    };
    return { report, maps: { pictures: maps } };
  },
});
