import { coatColors, furColors, hairColors, hatColors, metalColors, skinColors } from './palette.mjs';
import { between, chance, pick, pickWeighted } from './random.mjs';

/** Places and the weather that each one knows. */
export const places = {
  forest: ['clear', 'rain', 'snow'],
  meadow: ['clear', 'rain', 'snow'],
  mountains: ['clear', 'rain', 'snow'],
  city: ['clear', 'rain', 'snow'],
  castle: ['clear', 'rain', 'snow'],
  desert: ['clear'],
  beach: ['clear', 'rain'],
  cybercity: ['clear', 'rain'],
  moon: ['vortex', 'nebula', 'stars'],
};

/** Figures, hair styles, garments, headwear, held items, framings: every value that a spec may hold. */
export const vocabulary = {
  species: ['human', 'robot', 'fox', 'cat'],
  hairStyle: ['short', 'long', 'spiky', 'buns'],
  garment: ['coat', 'jacket', 'cloak'],
  headwear: ['none', 'crown', 'pointed', 'tophat', 'beanie', 'bubble'],
  item: ['none', 'lantern', 'balloon', 'sword', 'staff', 'book', 'flower'],
  framing: ['full', 'half', 'portrait'],
};

const coloredHats = new Set(['pointed', 'beanie']);

/**
 * Draws one figure: who it is and what it wears.
 * @param {() => number} random seeded numbers
 * @param {string} place robots live mostly on the moon and in the cyber city
 */
export function sampleFigure(random, place) {
  const robotic = place === 'moon' || place === 'cybercity';
  const species = pickWeighted(random, robotic
    ? { human: 4, robot: 5, fox: 0.7, cat: 0.7 } : { human: 7, robot: 0.7, fox: 1.2, cat: 1.2 });
  const headwear = pickWeighted(random, { none: 3, crown: 2, pointed: 2, tophat: 1.3, beanie: 1.5, bubble: place === 'moon' ? 3 : 0.4 });
  const figure = {
    species,
    garment: pickWeighted(random, { coat: 2, jacket: 1.2, cloak: 1.2 }),
    garmentColor: pick(random, Object.keys(coatColors)),
    headwear,
    item: pickWeighted(random, { none: 2.5, lantern: 1.6, balloon: 1.4, sword: 1.2, staff: 1.2, book: 1, flower: 1 }),
  };
  if (coloredHats.has(headwear)) figure.headwearColor = pick(random, Object.keys(hatColors));
  if (species === 'human') {
    figure.skin = Math.floor(random() * skinColors.length);
    figure.hairStyle = pick(random, vocabulary.hairStyle);
    figure.hairColor = pick(random, Object.keys(hairColors));
  } else if (species === 'robot') {
    figure.metal = pick(random, Object.keys(metalColors));
    figure.number = 1 + Math.floor(random() * 8);
  } else {
    figure.fur = pick(random, Object.keys(furColors[species]));
  }
  return figure;
}

/**
 * Draws the scene around a figure: place, time, weather (in space: what hangs in the sky), framing, and what no caption tells.
 * @param {() => number} random seeded numbers
 */
export function sampleScene(random) {
  const place = pick(random, Object.keys(places));
  const time = place === 'moon' ? 'night' : pickWeighted(random, { day: 4, sunset: 2.5, night: 3.5 });
  return {
    place,
    time,
    weather: place === 'moon' ? pick(random, places.moon) : chance(random, 0.55) ? 'clear' : pick(random, places[place]),
    framing: pickWeighted(random, { full: 3, half: 4, portrait: 3 }),
    layout: { seed: Math.floor(random() * 4294967296), shift: between(random, -7, 7), scale: between(random, 0.94, 1.06) },
  };
}

/** A complete picture: `{ figure, scene }`. */
export function sampleSpec(random) {
  const scene = sampleScene(random);
  return { figure: sampleFigure(random, scene.place), scene };
}
