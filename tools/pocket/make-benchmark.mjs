/**
 * Writes the identity benchmark's data: `node tools/pocket/make-benchmark.mjs --out benchmarks/identity`.
 * identities.json (who they are, captions of the references, held-out prompts, two-figure prompts, controls, chance levels),
 * adherence.json (held-out captions with what they ask for) and references/NAME/*.png with *.txt beside.
 * Everything follows from the seeds below.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { captionOf, triggerCaptionOf } from './world/captions.mjs';
import { sampleFigure, sampleLayout, sampleSpec } from './world/grammar.mjs';
import { chance, createRandom, pick, seedOf, shuffled } from './world/random.mjs';
import { svgOf } from './world/render.mjs';
import { figureAttributes, labelsOf, vocabulary, weathersOf } from './world/vocabulary.mjs';

const size = 128;
const seeds = { figures: 1907, scenes: 3011, adherence: 90001, chance: 555 };

/** Triggers share no span of two tokens with each other; the first one has a misleading prior: its words belong to robots and space. */
const triggers = {
  aldric: 'Aldric Vortex-9 CyberNebula', mirabel: 'Mirabel Quill-3 Emberfall', torvald: 'Torvald Hexwing Nightjar', ysolde: 'Ysolde Marrow-5 Glasswick',
  bramble: 'Bramble Oxidant-7 Thornlight', kestrel: 'Kestrel Juniper Zephyrine', pippin: 'Pippin Duskwater-2', odalys: 'Odalys Fennimore-8 Lumenrook',
};

const fixed = { aldric: { species: 'human', tone: 'pale', hairStyle: 'long', hairColor: 'pink', garment: 'coat', garmentColor: 'teal', headwear: 'crown', item: 'lantern', mark: 'emblem' } };

/** Species in the order of the identities: mostly people, as in the world. */
const species = ['human', 'human', 'fox', 'human', 'human', 'robot', 'human', 'cat'];
const markOrder = ['emblem', 'stripe', 'glow', 'stripe', 'emblem', 'glow', 'glow', 'stripe'];

/** A figure with headwear, item and mark: no garment colour twice, no headwear or item three times. `taken` lists the values in use. */
function figureOf(name, index, taken) {
  for (let attempt = 0; ; attempt++) {
    const random = createRandom(seedOf(seeds.figures + index, attempt));
    const figure = { ...sampleFigure(random, { place: 'meadow', framing: 'full' }), mark: markOrder[index], pose: 'stand', ...fixed[name] };
    const worn = [figure.garmentColor, figure.headwear, figure.item];
    if (figure.species !== species[index] || figure.headwear === 'none' || figure.item === 'none') continue;
    if (taken.filter((value) => value === figure.garmentColor).length === 0 && worn.every((value) => taken.filter((other) => other === value).length < 2)) return figure;
  }
}

function sceneOf(random, place, time, framing) {
  return { place, time: place === 'space' ? 'night' : time, weather: place === 'space' || chance(random, 0.4) ? pick(random, weathersOf[place]) : 'clear', framing, layout: sampleLayout(random) };
}

/** What a prompt asks of a picture: attribute -> value. */
function wanted(said, scene, pose) {
  return Object.fromEntries(said.map((attribute) => [attribute, attribute === 'pose' ? pose : scene[attribute]]));
}

/** Five references at five places, standing; twenty prompts: twelve at the other four places, eight at seen ones in another light and framing, half of them in action. */
function scenesOf(index) {
  const random = createRandom(seedOf(seeds.scenes, index));
  const places = shuffled(random, vocabulary.place);
  const times = shuffled(random, ['day', 'sunset', 'night', 'day', 'night']);
  const framings = shuffled(random, ['full', 'half', 'portrait', 'full', 'half']);
  const references = times.map((time, i) => sceneOf(random, places[i], time, framings[i]));
  const other = (list, value) => pick(random, list.filter((entry) => entry !== value));
  const prompts = Array.from({ length: 20 }, (_, i) => {
    const seen = references[i % 5];
    const scene = i < 12 ? sceneOf(random, places[5 + (i % 4)], vocabulary.time[Math.floor(i / 4)], vocabulary.framing[(i + Math.floor(i / 4)) % 3])
      : sceneOf(random, seen.place, other(vocabulary.time, seen.time), other(vocabulary.framing, seen.framing));
    const pose = i % 2 === 0 ? undefined : scene.framing === 'portrait' || i % 4 === 1 ? 'wave' : 'walk';
    const { text, said } = triggerCaptionOf(random, scene, ['{trigger}'], pose);
    return { text, asks: wanted(said, scene, pose) };
  });
  return { references: references.map((scene) => ({ scene, caption: triggerCaptionOf(random, scene, ['{trigger}']).text })), prompts };
}

async function writeReferences(folder, identity) {
  mkdirSync(folder, { recursive: true });
  for (const [index, { scene, caption }] of identity.references.entries()) {
    const stem = join(folder, `${index + 1}-${scene.place}`);
    await sharp(Buffer.from(svgOf({ figures: [identity.figure], scene }, size))).removeAlpha().png({ compressionLevel: 9 }).toFile(`${stem}.png`);
    writeFileSync(`${stem}.txt`, `${caption.replaceAll('{trigger}', identity.trigger)}\n`);
  }
}

/** How often each value of a figure's attribute occurs in the world: what a picture of anybody comes to. */
function chanceLevels() {
  const counts = Object.fromEntries(figureAttributes.map((attribute) => [attribute, vocabulary[attribute].map(() => 0)]));
  for (let index = 0; index < 20000; index++) {
    const { figures: [figure], scene } = sampleSpec(createRandom(seedOf(seeds.chance, index)), 0);
    for (const [attribute, at] of Object.entries(labelsOf(figure, scene, 1))) if (counts[attribute] && at !== null) counts[attribute][at] += 1;
  }
  return Object.fromEntries(Object.entries(counts).map(([attribute, list]) => {
    const total = list.reduce((sum, count) => sum + count, 0);
    return [attribute, Object.fromEntries(list.map((count, at) => [vocabulary[attribute][at], Math.round((count / total) * 1000) / 1000]))];
  }));
}

/** What a caption asks for: the scene's attributes and those of each figure, by value. */
function adherenceEntry(index) {
  const random = createRandom(seedOf(seeds.adherence, index));
  const spec = sampleSpec(random);
  const { text, figures, scene } = captionOf(random, spec);
  const valuesOf = (labels, said) => Object.fromEntries(said.filter((attribute) => labels[attribute] !== null).map((attribute) => [attribute, vocabulary[attribute][labels[attribute]]]));
  const labels = spec.figures.map((figure) => labelsOf(figure, spec.scene, spec.figures.length));
  return { text, figures: labels.map((entry, side) => valuesOf(entry, figures[side])), scene: { ...valuesOf(labels[0], scene), ...(spec.figures.length === 2 ? { count: 'two' } : {}) } };
}

/** Prompts without any trigger, and what single words of a trigger wake: told apart in the report. */
function controlsOf() {
  const controls = Array.from({ length: 16 }, (_, index) => adherenceEntry(50000 + index).text);
  const words = Object.values(triggers).flatMap((trigger) => trigger.split(/[ -]/).filter((word) => /[a-z]{3}/i.test(word)).map((word) => `a portrait of ${word} in a meadow by day`));
  return { controls, singleWords: words };
}

const { values } = parseArgs({ options: { out: { type: 'string' } } });
if (!values.out) throw new Error('make-benchmark: --out DIR is missing: give the folder of the benchmark');
const taken = [];
const identities = Object.entries(triggers).map(([name, trigger], index) => {
  const figure = figureOf(name, index, taken);
  taken.push(figure.garmentColor, figure.headwear, figure.item);
  const attributes = Object.fromEntries(figureAttributes.filter((attribute) => attribute !== 'pose' && (figure.species === 'human' || !attribute.startsWith('hair'))).map((attribute) => [attribute, figure[attribute]]));
  return { name, trigger, figure, attributes, ...scenesOf(index) };
});
mkdirSync(values.out, { recursive: true });
for (const identity of identities) await writeReferences(join(values.out, 'references', identity.name), identity);
const pairRandom = createRandom(seeds.scenes);
const pairs = [0, 2, 4, 6].map((at) => ({
  left: identities[at].name, right: identities[at + 1].name,
  prompts: Array.from({ length: 5 }, (_, i) => {
    const scene = { ...sceneOf(pairRandom, vocabulary.place[(at + i * 2) % 9], vocabulary.time[i % 3], 'full') };
    const { text, said } = triggerCaptionOf(pairRandom, scene, ['{left}', '{right}']);
    return { text, asks: wanted(said, scene) };
  }),
}));
const listed = identities.map(({ name, trigger, attributes, prompts }) => ({ name, trigger, attributes, prompts }));
writeFileSync(join(values.out, 'identities.json'), `${JSON.stringify({ version: 1, size, chance: chanceLevels(), identities: listed, pairs, ...controlsOf() }, undefined, 1)}\n`);
writeFileSync(join(values.out, 'adherence.json'), `${JSON.stringify({ version: 1, captions: Array.from({ length: 300 }, (_, index) => adherenceEntry(index)) }, undefined, 1)}\n`);
