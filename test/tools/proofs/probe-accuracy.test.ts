import { expect, it } from 'vitest';
import type { Drawings } from '../../../tools/proofs/support/benchmark.ts';
import { questionsOf } from '../../../tools/proofs/support/probe-accuracy.ts';

const picture = (): Drawings['images'][number] => ({ width: 1, height: 1, pixels: new Uint8Array(3) });

it('asks the probes all of a single figure, of two each one\'s own attributes in its half, and the scene\'s in the whole picture', () => {
  const images = [picture(), picture()];
  const scene = { place: 'forest' };
  const drawings: Drawings = { images, values: [], figures: [[{ species: 'fox', ...scene }], [{ species: 'cat', ...scene }, { species: 'robot', ...scene }]] };
  expect(questionsOf(drawings, { sceneAttributes: ['place'] })).toEqual([
    { view: 'whole', pictures: [images[0]], wanted: [{ species: 'fox', place: 'forest' }] },
    { view: 'left', pictures: [images[1]], wanted: [{ species: 'cat' }] },
    { view: 'right', pictures: [images[1]], wanted: [{ species: 'robot' }] },
    { view: 'whole', pictures: [images[1]], wanted: [{ place: 'forest' }] },
  ]);
});
