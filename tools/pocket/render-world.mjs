/**
 * Renders the world: `node tools/pocket/render-world.mjs --data DIR [--count 48000] [--seed 7] [--size 64] [--captions-only]`.
 * Writes images.u8 (raw RGB, [count, size, size, 3]), captions.jsonl (one `{ captions, spec }` a line) and world.json.
 */
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { captionOf } from './world/captions.mjs';
import { sampleSpec } from './world/grammar.mjs';
import { createRandom, seedOf } from './world/random.mjs';
import { renderRaw } from './world/render.mjs';

const captionsPerImage = 3;
const { values } = parseArgs({ options: { data: { type: 'string' }, count: { type: 'string', default: '48000' }, seed: { type: 'string', default: '7' }, size: { type: 'string', default: '64' }, 'captions-only': { type: 'boolean', default: false } } });
const directory = values.data;
if (!directory) throw new Error('render-world: --data DIR is missing: give a folder for the rendered world');
const [count, seed, size] = [Number(values.count), Number(values.seed), Number(values.size)];

mkdirSync(directory, { recursive: true });
sharp.concurrency(1);
const images = values['captions-only'] ? undefined : createWriteStream(join(directory, 'images.u8'));
const captions = createWriteStream(join(directory, 'captions.jsonl'));
const started = Date.now();
for (let first = 0; first < count; first += 64) {
  const specs = Array.from({ length: Math.min(64, count - first) }, (_, i) => {
    const random = createRandom(seedOf(seed, first + i));
    const spec = sampleSpec(random);
    return { spec, captions: Array.from({ length: captionsPerImage }, () => captionOf(random, spec)) };
  });
  captions.write(specs.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  if (images) {
    const rendered = await Promise.all(specs.map(({ spec }) => renderRaw(spec, size)));
    if (!images.write(Buffer.concat(rendered))) await new Promise((resolve) => images.once('drain', resolve));
  }
  if ((first / 64) % 100 === 99) process.stderr.write(`${first + 64} of ${count} images\n`);
}
await Promise.all([images, captions].filter(Boolean).map((stream) => new Promise((resolve) => stream.end(resolve))));
writeFileSync(join(directory, 'world.json'), `${JSON.stringify({ count, seed, size, captionsPerImage }, null, 2)}\n`);
process.stderr.write(`${count} images in ${((Date.now() - started) / 1000).toFixed(0)} s\n`);
