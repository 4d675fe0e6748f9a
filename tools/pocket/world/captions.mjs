import { chance, pick, shuffled } from './random.mjs';
import * as words from './words.mjs';

/**
 * Writes one caption and notes which attributes its words tell: people leave things out, and only what was asked for can be held against a picture.
 */
class Writer {
  /** @param {() => number} random seeded numbers */
  constructor(random) {
    this.random = random;
  }

  /** True with the given probability. */
  may(probability) {
    return chance(this.random, probability);
  }

  /** Says an attribute's value in one of its words, and notes that in `said`. */
  say(said, attribute, value, table) {
    said.add(attribute);
    return pick(this.random, table[value]);
  }
}

/** "a", or "an" before a vowel. */
function article(text) {
  return /^[aeio]/.test(text) ? `an ${text}` : `a ${text}`;
}

function robotSubject(writer, said, figure, noun) {
  const text = writer.may(0.8) ? `${writer.say(said, 'tone', figure.tone, words.toneWords)} ${noun}` : noun;
  if (!writer.may(0.3)) return article(text);
  const number = writer.may(0.15) ? 9 : figure.number;
  return pick(writer.random, [`${article(text)} called unit-${number}`, `${article(text)} named mk-${number}`, `${article(text)} number ${number}`]);
}

function humanSubject(writer, said, figure, noun) {
  if (writer.may(0.06)) return pick(writer.random, words.names);
  said.add('species');
  const who = article(writer.may(0.55) ? `${writer.say(said, 'tone', figure.tone, words.toneWords)} ${noun}` : noun);
  if (!writer.may(0.85)) return writer.may(0.2) ? `${who} named ${pick(writer.random, words.names)}` : who;
  const style = writer.may(0.85) ? `${writer.say(said, 'hairStyle', figure.hairStyle, words.hairStyleWords)} ` : '';
  return `${who} with ${style}${writer.say(said, 'hairColor', figure.hairColor, words.hairColorWords)} hair`;
}

function subject(writer, said, figure) {
  const noun = pick(writer.random, words.nouns[figure.species]);
  if (figure.species === 'human') return humanSubject(writer, said, figure, noun);
  said.add('species');
  if (figure.species === 'robot') return robotSubject(writer, said, figure, noun);
  return article(writer.may(0.85) ? `${writer.say(said, 'tone', figure.tone, words.toneWords)} ${noun}` : noun);
}

function garmentPhrase(writer, said, figure) {
  const color = writer.say(said, 'garmentColor', figure.garmentColor, words.garmentColorWords);
  return `${pick(writer.random, ['in', 'wearing', 'dressed in', 'in', 'with'])} ${article(`${color} ${writer.say(said, 'garment', figure.garment, words.garmentWords)}`)}`;
}

function headwearPhrase(writer, said, figure) {
  return `${pick(writer.random, figure.headwear === 'none' ? ['with'] : ['wearing', 'with', 'and', 'with'])} ${writer.say(said, 'headwear', figure.headwear, words.headwearWords)}`;
}

function itemPhrase(writer, said, figure) {
  return `${pick(writer.random, figure.item === 'none' ? ['with'] : ['holding', 'holding', 'carrying', 'with'])} ${writer.say(said, 'item', figure.item, words.itemWords)}`;
}

/** A figure with everything it wears, holds and does. */
function figurePhrase(writer, figure, brief) {
  const said = new Set();
  const parts = [];
  if (writer.may(0.93)) parts.push(garmentPhrase(writer, said, figure));
  if (writer.may(figure.headwear === 'none' ? 0.12 : brief ? 0.8 : 0.9)) parts.push(headwearPhrase(writer, said, figure));
  if (writer.may(figure.item === 'none' ? 0.12 : brief ? 0.8 : 0.9)) parts.push(itemPhrase(writer, said, figure));
  const telling = writer.may(0.04) ? [] : writer.may(0.6) ? parts : shuffled(writer.random, parts);
  if (telling.length === 0) for (const attribute of ['garment', 'garmentColor', 'headwear', 'item']) said.delete(attribute);
  const action = writer.may(figure.pose === 'stand' ? 0.15 : 0.9) ? [writer.say(said, 'pose', figure.pose, words.poseWords)] : [];
  const who = subject(writer, said, figure);
  const text = [who, ...(writer.may(0.3) ? [...action, ...telling] : [...telling, ...action])].join(pick(writer.random, [' ', ' ', ' ', ' ', ', ']));
  return { text, said: [...said] };
}

/** Phrases about the scene: place, time, weather, each sometimes left out unless `complete`. */
function scenePhrases(writer, said, scene, complete) {
  const snowy = scene.weather === 'snow' && writer.may(0.5);
  const phrases = [];
  if (complete || snowy || writer.may(0.94)) phrases.push(writer.say(said, 'place', scene.place, snowy ? words.snowyPlaceWords : words.placeWords));
  if (snowy) said.add('weather');
  if (scene.place !== 'space' && (complete || writer.may(0.85))) phrases.push(writer.say(said, 'time', scene.time, words.timeWords));
  if (!snowy && writer.may(complete && scene.weather !== 'clear' ? 1 : scene.weather === 'clear' ? 0.12 : 0.88)) phrases.push(writer.say(said, 'weather', scene.weather, words.weatherWords));
  return phrases;
}

function opening(writer, said, scene, pair) {
  return !pair && writer.may(0.65) ? writer.say(said, 'framing', scene.framing, words.framingWords) : pick(writer.random, words.plainOpenings);
}

/** Puts opening, figures and scene together, sometimes the scene first. */
function composed(writer, start, who, where) {
  if (where.length > 0 && writer.may(0.12)) return [`${where.join(' ')},`, start, who].filter(Boolean).join(' ');
  return [start, [who, ...where].join(pick(writer.random, [' ', ' ', ' ', ' ', ', ']))].filter(Boolean).join(' ');
}

/**
 * Writes a caption the way people do: synonyms, omissions, another order. Of two figures the left one comes first.
 * @param {() => number} random seeded numbers
 * @param {object} spec `{ figures, scene }`
 * @returns {{ text: string, figures: string[][], scene: string[] }} the caption, and the attributes that it tells of each figure and of the scene
 */
export function captionOf(random, { figures, scene }) {
  const writer = new Writer(random);
  const said = new Set();
  const pair = figures.length === 2;
  const phrases = figures.map((figure) => figurePhrase(writer, figure, pair));
  const who = phrases.map(({ text }) => text).join(` ${pick(random, words.besideWords)} `);
  const where = scenePhrases(writer, said, scene, false);
  const start = opening(writer, said, scene, pair);
  return { text: composed(writer, start, who, where), figures: phrases.map((phrase) => phrase.said), scene: [...said] };
}

/**
 * A caption in which trigger phrases stand for the whole figures: only framing, action and scene are told, and all of them.
 * @param {string[]} triggers one or two; of two the left one first
 * @param {string} [pose] told when it is given
 */
export function triggerCaptionOf(random, scene, triggers, pose) {
  const writer = new Writer(random);
  const said = new Set();
  const where = scenePhrases(writer, said, scene, true);
  const action = pose === undefined ? [] : [writer.say(said, 'pose', pose, words.poseWords)];
  const start = triggers.length === 2 ? '' : writer.say(said, 'framing', scene.framing, words.framingWords);
  return { text: [start, triggers.join(' beside '), ...action, ...where].filter(Boolean).join(' '), said: [...said] };
}
