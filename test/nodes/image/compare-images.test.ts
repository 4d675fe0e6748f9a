import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { comparePictures, compareImagesNode } from '../../../nodes/image/compare-images.ts';
import type { ImageBatch, Picture, Report } from '../../../nodes/values.ts';
import { faultOf } from '../../support/fault.ts';
import { nodeBench } from '../../support/node-bench.ts';
import { picture } from '../../support/pictures.ts';

const bench = nodeBench();

async function compare(a: readonly Picture[], b: readonly Picture[], params: Record<string, unknown> = {}) {
  return bench.run<{ report: Report; maps: ImageBatch }>(compareImagesNode, { a: { pictures: a }, b: { pictures: b } }, params);
}

/** A picture with one channel of one pixel changed. */
function nudged(original: Picture, index: number, by: number): Picture {
  return { ...original, pixels: original.pixels.map((value, place) => (place === index ? value + by : value)) };
}

const BASE = { ...picture(4, 3, 1), pixels: new Uint8Array(36).fill(100) };

describe('comparePictures', () => {
  it('counts pixels, and scales the map to the largest difference', () => {
    const difference = comparePictures(BASE, nudged(nudged(nudged(BASE, 0, 10), 1, -20), 35, 5));
    expect(difference).toMatchObject({ equal: false, differingPixels: 2, largest: 20, mean: 35 / 36 });
    expect([...difference!.map.pixels.filter((value) => value > 0)]).toEqual([128, 255, 64]);
    expect(comparePictures(BASE, BASE)).toMatchObject({ equal: true, differingPixels: 0, largest: 0, mean: 0 });
  });

  it('gives nothing for different sizes', () => {
    expect(comparePictures(picture(4, 3), picture(3, 4))).toBeUndefined();
  });
});

describe('Compare Images', () => {
  it('reports pair by pair, and writes the findings and the maps of what differs', async () => {
    const { values: { report, maps }, artifacts } = await compare([BASE, BASE], [BASE, nudged(BASE, 3, 1)], { name: 'c' });
    expect(report).toMatchObject({ title: '1 of 2 pairs have equal pixels', facts: { pairs: 2, equal: 1 }, lines: ['picture 1: equal', 'picture 1: 1 pixels differ, at most by 1/255'] });
    expect(maps.pictures[0]?.pixels.every((value) => value === 0)).toBe(true);
    expect(artifacts.map(({ kind, path }) => [kind, basename(path)])).toEqual([['image', 'c-difference-2.png'], ['report', 'c.json']]);
    const written = JSON.parse(await readFile(artifacts[1]!.path, 'utf8')) as { results: { equal: boolean; a: string; b: string }[] };
    expect(written).toMatchObject({ pairs: 2, equal: 1, results: [{ equal: true }, { equal: false, differingPixels: 1 }] });
    expect(written.results[0]?.a).toBe(written.results[0]?.b);
    expect(written.results[1]?.a).not.toBe(written.results[1]?.b);
  });

  it('fails as a run, after its report is written, when what is demanded does not hold', async () => {
    const other = nudged(BASE, 0, 1);
    await compare([BASE], [BASE], { expect: 'equal' });
    await compare([BASE], [other], { expect: 'different' });
    expect(await faultOf(() => compare([BASE], [other], { expect: 'equal' }))).toMatchObject({ code: 'compare.expectation', kind: 'run', rule: 'every pair must be equal', got: '1 of 1 that are not, first "picture 1"' });
    expect(await faultOf(() => compare([BASE, BASE], [other, BASE], { expect: 'different' }))).toMatchObject({ kind: 'run', got: '1 of 2 that are not, first "picture 1"' });
  });

  it('writes no maps when they are not wanted', async () => {
    expect((await compare([BASE], [nudged(BASE, 0, 1)], { saveMaps: false })).artifacts.map(({ kind }) => kind)).toEqual(['report']);
  });

  it('refuses batches that make no pairs', async () => {
    expect(await faultOf(() => compare([BASE], []))).toMatchObject({ code: 'compare.count', got: '1 and 0' });
    expect(await faultOf(() => compare([picture(4, 3)], [picture(3, 4)]))).toMatchObject({ code: 'compare.size', got: '4x3 and 3x4', where: 'CompareImages "test", pair 1' });
  });
});
