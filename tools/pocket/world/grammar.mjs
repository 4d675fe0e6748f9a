import { between, chance, pick, pickWeighted } from './random.mjs';
import { tonesOf, vocabulary, weathersOf } from './vocabulary.mjs';

/**
 * Draws one figure: who it is and what it wears. Robots live mostly in space and in the cyber city.
 * @param {() => number} random seeded numbers
 * @param {{ place: string, framing: string }} scene
 */
export function sampleFigure(random, scene) {
  const robotic = scene.place === 'space' || scene.place === 'cybercity';
  const species = pickWeighted(random, robotic ? { human: 4, robot: 5, fox: 0.7, cat: 0.7 } : { human: 6.5, robot: 0.7, fox: 1.4, cat: 1.4 });
  return {
    species,
    tone: pick(random, tonesOf[species]),
    hairStyle: pick(random, vocabulary.hairStyle),
    hairColor: pick(random, vocabulary.hairColor),
    garment: pick(random, vocabulary.garment),
    garmentColor: pick(random, vocabulary.garmentColor),
    headwear: pickWeighted(random, { none: 2.4, crown: 1.5, wizard: 1.5, tophat: 1.5, beanie: 1.5, helmet: scene.place === 'space' ? 2.5 : 0.8 }),
    item: pickWeighted(random, { none: 2.2, lantern: 1.4, balloon: 1.2, sword: 1.2, staff: 1.2, book: 1.2, flower: 1.2 }),
    mark: pickWeighted(random, { none: 4, stripe: 1.3, glow: 1.3, emblem: 1.3 }),
    pose: pickWeighted(random, { stand: 5, wave: 2.5, walk: scene.framing === 'portrait' ? 0 : 2.5 }),
    number: 1 + Math.floor(random() * 8),
  };
}

/** Where a picture's parts fall: nothing of it is told by a caption. */
export function sampleLayout(random) {
  return { seed: Math.floor(random() * 4294967296), shift: between(random, -6, 6), lift: between(random, -1.5, 1.5), scale: between(random, 0.955, 1.045) };
}

/** Draws the scene around a figure: place, time, weather (in space: what hangs in the sky), framing, layout. */
export function sampleScene(random) {
  const place = pick(random, vocabulary.place);
  const time = place === 'space' ? 'night' : pickWeighted(random, { day: 4, sunset: 3, night: 3 });
  const weather = place === 'space' || chance(random, 0.5) ? pick(random, weathersOf[place]) : 'clear';
  return { place, time, weather, framing: pickWeighted(random, { full: 3.5, half: 3.5, portrait: 3 }), layout: sampleLayout(random) };
}

/**
 * A complete picture, `{ figures, scene }`: one figure, or two side by side (then both are seen in full).
 * @param {() => number} random seeded numbers
 * @param {number} [pairs] share of pictures with two figures
 */
export function sampleSpec(random, pairs = 0.14) {
  const scene = sampleScene(random);
  if (!chance(random, pairs)) return { figures: [sampleFigure(random, scene)], scene };
  const full = { ...scene, framing: 'full' };
  return { figures: [sampleFigure(random, full), sampleFigure(random, full)], scene: full };
}
