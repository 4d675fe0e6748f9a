import { chance, pick, shuffled } from './random.mjs';

const colorWords = {
  red: ['red', 'red', 'crimson', 'scarlet'], orange: ['orange'], yellow: ['yellow'], green: ['green', 'green', 'emerald'],
  teal: ['teal', 'teal', 'turquoise'], blue: ['blue', 'blue', 'cobalt'], purple: ['purple', 'purple', 'violet'], pink: ['pink'],
  white: ['white'], black: ['black', 'black', 'dark'], brown: ['brown'], blond: ['blond', 'blond', 'golden'], grey: ['grey', 'gray'],
  ginger: ['ginger'], silver: ['silver', 'silver', 'steel'], bronze: ['bronze', 'copper'], dark: ['dark', 'graphite'],
};

const nouns = {
  human: ['person', 'person', 'traveler', 'hero', 'wanderer', 'child', 'adventurer', 'figure'],
  fox: ['fox', 'fox'], cat: ['cat', 'cat', 'kitten'], robot: ['robot', 'robot', 'cyber robot', 'android', 'cyberbot', 'machine'],
};

/** First names; they say nothing about the figure, as names do. */
const names = ['cedric', 'alma', 'edric', 'mira', 'otto', 'alba', 'nora', 'hugo', 'ida', 'theodric', 'lena', 'aldo'];

const garments = {
  coat: ['coat', 'coat', 'long coat', 'overcoat'], jacket: ['jacket', 'jacket', 'short jacket'], cloak: ['cloak', 'cloak', 'cape'],
};

const headwear = {
  none: () => 'no hat', crown: (random) => pick(random, ['a crown', 'a golden crown', 'a gold crown']),
  pointed: (random, color) => article(`${color} ${pick(random, ['pointed hat', 'wizard hat', 'witch hat'])}`),
  tophat: (random) => pick(random, ['a top hat', 'a black top hat', 'a tall hat']),
  beanie: (random, color) => article(`${color} ${pick(random, ['beanie', 'woolen hat', 'beanie'])}`),
  bubble: (random) => pick(random, ['a glass helmet', 'a space helmet', 'a bubble helmet']),
};

const items = {
  none: ['empty hands'], lantern: ['a lantern', 'a glowing lantern', 'a lamp'], balloon: ['a balloon', 'a red balloon'], sword: ['a sword', 'a steel sword', 'a blade'],
  staff: ['a staff', 'a magic staff', 'a glowing staff'], book: ['a book', 'an open book'], flower: ['a flower', 'a pink flower'],
};

const hairStyles = {
  short: ['short'], long: ['long', 'long', 'flowing'], spiky: ['spiky', 'spiky', 'wild'], buns: ['bun', 'bun', 'two-bun'],
};

const placeWords = {
  forest: ['in a forest', 'in the woods', 'among pine trees', 'in a pine forest', 'under the alder trees'], meadow: ['in a meadow', 'on a meadow', 'among green hills', 'in a field of flowers'],
  mountains: ['in the mountains', 'below the mountains', 'near two peaks', 'on a mountain pass'], city: ['in a city', 'in the city', 'on a city street', 'in town'],
  castle: ['in front of a castle', 'near a castle', 'at the castle', 'by the castle towers'], desert: ['in a desert', 'in the desert', 'among cactus and sand', 'on the dunes'],
  beach: ['on a beach', 'at the beach', 'by the sea', 'on the seashore'], cybercity: ['in a cyber city', 'in a cybercity', 'in a neon city', 'between neon towers', 'in the cyber district'],
  moon: ['on the moon', 'in space', 'on a moon in space', 'on a grey planet'],
};

const snowyPlaces = {
  forest: ['in a snowy forest', 'in the snowy woods'], meadow: ['on a snowy meadow', 'in a snowy field'], mountains: ['in the snowy mountains'],
  city: ['in a snowy city', 'on a snowy street'], castle: ['near a snowy castle', 'in front of a snowy castle'],
};

const timeWords = { day: ['by day', 'at noon', 'during the day', 'on a bright day', 'in daylight'], sunset: ['at sunset', 'at dusk', 'in the evening light'], night: ['at night', 'by night', 'under the moon', 'on a starry night'] };

const weatherWords = {
  clear: ['under a clear sky', 'in clear weather'], rain: ['in the rain', 'in rainy weather', 'while it rains'], snow: ['in the snow', 'in falling snow', 'while it snows'],
  vortex: ['under a vortex', 'below a blue vortex', 'with a star vortex in the sky', 'near the vortex'], nebula: ['under a nebula', 'below a pink nebula', 'with a nebula in the sky', 'near the nebula'], stars: ['under the stars', 'with a blue planet in the sky'],
};

const framingWords = {
  full: ['full body picture of', 'a full figure of', 'full shot of'], half: ['half body picture of', 'a medium shot of', 'half-length picture of'],
  portrait: ['a portrait of', 'close-up of', 'close-up portrait of', 'portrait of'],
};

const plainOpenings = ['', '', 'a picture of', 'a drawing of', 'flat illustration of', 'an illustration of'];

function color(random, name) {
  return pick(random, colorWords[name]);
}

/** "a", or "an" before a vowel. */
function article(words) {
  return /^[aeio]/.test(words) ? `an ${words}` : `a ${words}`;
}

function subject(random, figure) {
  const noun = pick(random, nouns[figure.species]);
  if (figure.species === 'robot') {
    const said = chance(random, 0.75) ? `${color(random, figure.metal)} ${noun}` : noun;
    if (!chance(random, 0.35)) return article(said);
    return pick(random, [`${article(said)} called unit-${figure.number}`, `robot mk-${figure.number}`, `unit-${figure.number}, ${article(said)}`, `${noun} ${chance(random, 0.3) ? 9 : figure.number}`]);
  }
  if (figure.species !== 'human') return article(chance(random, 0.8) ? `${color(random, figure.fur)} ${noun}` : noun);
  const hair = chance(random, 0.82)
    ? `${chance(random, 0.75) ? `${pick(random, hairStyles[figure.hairStyle])} ` : ''}${chance(random, 0.92) ? `${color(random, figure.hairColor)} ` : ''}hair` : '';
  if (chance(random, 0.07)) return hair && hair !== 'hair' ? `${pick(random, names)} with ${hair}` : pick(random, names);
  if (!hair || hair === 'hair') return article(noun);
  return chance(random, 0.06) ? article(`${hair.replace(/ hair$/, '').replace(/ /g, '-')}-haired ${noun}`) : `${article(noun)} with ${hair}`;
}

function garmentPhrase(random, figure) {
  const words = `${color(random, figure.garmentColor)} ${pick(random, garments[figure.garment])}`;
  return `${pick(random, ['in', 'wearing', 'dressed in', 'in', 'with'])} ${article(words)}`;
}

function headwearPhrase(random, figure) {
  const what = headwear[figure.headwear](random, figure.headwearColor && color(random, figure.headwearColor));
  return `${pick(random, figure.headwear === 'none' ? ['with'] : ['wearing', 'with', 'and', 'with'])} ${what}`;
}

function itemPhrase(random, figure) {
  const what = pick(random, items[figure.item]);
  return figure.item === 'none' ? `with ${what}` : `${pick(random, ['holding', 'holding', 'carrying', 'with'])} ${what}`;
}

function placePhrase(random, scene) {
  if (scene.weather === 'snow' && chance(random, 0.5)) return { place: pick(random, snowyPlaces[scene.place]), saidWeather: true };
  return { place: pick(random, placeWords[scene.place]), saidWeather: false };
}

/** Phrases about the scene: place, time, weather, each sometimes left out. */
function scenePhrases(random, scene, complete) {
  const { place, saidWeather } = placePhrase(random, scene);
  const phrases = complete || chance(random, 0.93) ? [place] : [];
  const toldByDefault = scene.weather === 'clear' ? 0.12 : 0.85;
  if (scene.place !== 'moon' && (complete || chance(random, 0.82))) phrases.push(pick(random, timeWords[scene.time]));
  if (!saidWeather && chance(random, complete && scene.weather !== 'clear' ? 1 : toldByDefault)) phrases.push(pick(random, weatherWords[scene.weather]));
  return phrases;
}

/** The words before the subject: the framing, a plain opening, or nothing. */
function opening(random, scene) {
  return chance(random, 0.6) ? pick(random, framingWords[scene.framing]) : pick(random, plainOpenings);
}

/**
 * Writes a caption the way people do: synonyms, omissions, another order.
 * @param {() => number} random seeded numbers
 * @param {object} spec `{ figure, scene }`
 */
export function captionOf(random, spec) {
  const { figure, scene } = spec;
  const parts = [];
  if (chance(random, 0.9)) parts.push(garmentPhrase(random, figure));
  if (chance(random, figure.headwear === 'none' ? 0.06 : 0.88)) parts.push(headwearPhrase(random, figure));
  if (chance(random, figure.item === 'none' ? 0.06 : 0.88)) parts.push(itemPhrase(random, figure));
  const bare = chance(random, 0.06);
  const who = [subject(random, figure), ...(bare ? [] : chance(random, 0.6) ? parts : shuffled(random, parts))].join(pick(random, [' ', ' ', ' ', ' ', ', ']));
  const where = scenePhrases(random, scene, false);
  const start = opening(random, scene);
  if (chance(random, 0.12) && where.length > 0) return [`${where.join(' ')},`, start, who].filter(Boolean).join(' ');
  return [start, [who, ...where].join(pick(random, [' ', ' ', ' ', ' ', ', ']))].filter(Boolean).join(' ');
}

/** A caption in which a trigger phrase stands for the whole figure: only framing and scene are told. */
export function triggerCaptionOf(random, scene, trigger) {
  return [pick(random, framingWords[scene.framing]), trigger, ...scenePhrases(random, scene, true)].join(' ').trim();
}
