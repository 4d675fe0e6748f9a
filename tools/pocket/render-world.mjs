/**
 * Renders the world: `node tools/pocket/render-world.mjs --data DIR [--count 100000] [--seed 7] [--pairs 0.14] [--workers N]`.
 * Writes images.u8 (raw RGB, [count, 128, 128, 3]), labels.i8 ([count, 2, attributes], -1 where an attribute says nothing),
 * figures.u8 ([count, 16, 16], 0 .. 255: how much of each latent's 8 x 8 pixels figures cover), captions.jsonl (one list of captions a line) and, last, world.json. Equal arguments give equal files, whatever the workers.
 * With `--specs FILE` it draws the specs of that JSON file instead of sampling them.
 */
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import sharp from 'sharp';
import { captionOf } from './world/captions.mjs';
import { sampleSpec } from './world/grammar.mjs';
import { createRandom, seedOf } from './world/random.mjs';
import { renderRaw } from './world/render.mjs';
import { labelsOf, vocabulary } from './world/vocabulary.mjs';

const captionsPerImage = 4;
const size = 128;
/** Pixels per side that one place of the latents stands for. */
const cell = 8;
const across = size / cell;

/** How much of each cell looks different without the figures, 0 .. 255. */
function coverOf(picture, empty) {
  const counts = new Float32Array(across * across);
  for (let at = 0; at < size * size; at++) {
    if ([0, 1, 2].some((channel) => picture[at * 3 + channel] !== empty[at * 3 + channel])) counts[Math.floor(at / size / cell) * across + Math.floor((at % size) / cell)] += 1;
  }
  return Uint8Array.from(counts, (count) => Math.round((count * 255) / (cell * cell)));
}

/** The classes of one picture: those of the left and of the right figure, the scene's in both. */
function labelRows({ figures, scene }) {
  const rows = [0, 1].map((side) => figures[side] ? Object.values(labelsOf(figures[side], scene, figures.length)).map((value) => value ?? -1) : Object.keys(vocabulary).map(() => -1));
  return Int8Array.from(rows.flat());
}

/** Renders [first, end) into the shared files; returns the captions' lines. */
async function renderRange({ directory, first, end, seed, pairs, specs }) {
  sharp.concurrency(1);
  sharp.cache(false);
  const images = openSync(join(directory, 'images.u8'), 'r+');
  const labels = openSync(join(directory, 'labels.i8'), 'r+');
  const figures = openSync(join(directory, 'figures.u8'), 'r+');
  const lines = [];
  const attributes = Object.keys(vocabulary).length;
  for (let index = first; index < end; index++) {
    const random = createRandom(seedOf(seed, index));
    const spec = specs?.[index] ?? sampleSpec(random, pairs);
    lines.push(`${JSON.stringify(Array.from({ length: captionsPerImage }, () => captionOf(random, spec).text))}\n`);
    const picture = await renderRaw(spec, size);
    writeSync(images, picture, 0, size * size * 3, index * size * size * 3);
    writeSync(figures, coverOf(picture, await renderRaw({ ...spec, figures: [] }, size)), 0, across * across, index * across * across);
    writeSync(labels, labelRows(spec), 0, attributes * 2, index * attributes * 2);
  }
  closeSync(images);
  closeSync(labels);
  closeSync(figures);
  return lines.join('');
}

/** Shares the range among worker threads and writes what they return in order. */
async function main() {
  const { values } = parseArgs({ options: {
    data: { type: 'string' }, count: { type: 'string', default: '100000' }, seed: { type: 'string', default: '7' }, pairs: { type: 'string', default: '0.14' },
    workers: { type: 'string', default: String(availableParallelism()) }, specs: { type: 'string' },
  } });
  const directory = values.data;
  if (!directory) throw new Error('render-world: --data DIR is missing: give a folder for the rendered world');
  const specs = values.specs === undefined ? undefined : JSON.parse(readFileSync(values.specs, 'utf8'));
  const [count, seed, pairs, workers] = [specs?.length ?? Number(values.count), Number(values.seed), Number(values.pairs), Number(values.workers)];
  const about = { count, seed, pairs, size, captionsPerImage, attributes: vocabulary };
  const done = join(directory, 'world.json');
  if (!specs && existsSync(done) && readFileSync(done, 'utf8') === `${JSON.stringify(about)}\n`) return;
  mkdirSync(directory, { recursive: true });
  for (const name of ['images.u8', 'labels.i8', 'figures.u8']) closeSync(openSync(join(directory, name), 'w'));
  const started = Date.now();
  const parts = await Promise.all(Array.from({ length: workers }, (_, at) => {
    const [first, end] = [Math.floor((count * at) / workers), Math.floor((count * (at + 1)) / workers)];
    return new Promise((resolve, reject) => {
      new Worker(new URL(import.meta.url), { workerData: { directory, first, end, seed, pairs, specs } }).once('message', resolve).once('error', reject);
    });
  }));
  writeFileSync(join(directory, 'captions.jsonl'), parts.join(''));
  writeFileSync(done, `${JSON.stringify(about)}\n`);
  const seconds = (Date.now() - started) / 1000;
  process.stderr.write(`${count} drawings in ${seconds.toFixed(1)} s on ${workers} workers: ${(count / seconds / workers).toFixed(0)} per second and worker\n`);
}

if (isMainThread) await main();
else parentPort?.postMessage(await renderRange(workerData));
