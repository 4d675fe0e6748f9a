/**
 * Draws the references of one identity: `node tools/pocket/references.mjs --out graphs/datasets/aldric [--size 64]`.
 * The figure is always the same; place, time, weather and framing change. Each PNG has a caption (.txt) in which the trigger
 * stands for the whole figure. Held-out scenes and the figure's measurable colours go to tools/pocket/identity.json.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { createRandom, seedOf } from './world/random.mjs';
import { svgOf } from './world/render.mjs';

const { values } = parseArgs({ options: { out: { type: 'string' }, size: { type: 'string', default: '64' } } });
if (!values.out) throw new Error('references: --out DIR is missing: give the folder of the data set');
const identity = JSON.parse(readFileSync(new URL('./identity.json', import.meta.url), 'utf8'));

mkdirSync(values.out, { recursive: true });
for (const [index, { name, caption, scene }] of identity.references.entries()) {
  const random = createRandom(seedOf(identity.seed, index));
  const layout = { seed: Math.floor(random() * 4294967296), shift: random() * 8 - 4, scale: 0.97 + random() * 0.06 };
  const svg = svgOf({ figure: identity.figure, scene: { ...scene, layout } }, Number(values.size));
  await sharp(Buffer.from(svg)).removeAlpha().png().toFile(join(values.out, `${name}.png`));
  writeFileSync(join(values.out, `${name}.txt`), `${caption.replaceAll('{trigger}', identity.trigger)}\n`);
}
