/**
 * Every attribute of a picture that captions may name or probes measure, with its values in the order of the probes' classes.
 * Figures have `species` .. `mark`; scenes have `place` .. `pose`; `count` tells one figure from two.
 */
export const vocabulary = {
  species: ['human', 'fox', 'cat', 'robot'],
  tone: ['pale', 'tan', 'brown', 'orange', 'snow', 'grey', 'ebony', 'amber', 'silver', 'copper', 'graphite'],
  hairStyle: ['short', 'long', 'spiky', 'buns'],
  hairColor: ['black', 'brown', 'blond', 'ginger', 'white', 'blue', 'pink'],
  garment: ['coat', 'jacket', 'cloak', 'dress'],
  garmentColor: ['red', 'orange', 'yellow', 'green', 'teal', 'blue', 'purple', 'pink', 'white', 'black'],
  headwear: ['none', 'crown', 'wizard', 'tophat', 'beanie', 'helmet'],
  item: ['none', 'lantern', 'balloon', 'sword', 'staff', 'book', 'flower'],
  mark: ['none', 'stripe', 'glow', 'emblem'],
  pose: ['stand', 'wave', 'walk'],
  place: ['forest', 'meadow', 'mountains', 'city', 'castle', 'desert', 'beach', 'cybercity', 'space'],
  time: ['day', 'sunset', 'night'],
  weather: ['clear', 'rain', 'snow', 'stars', 'vortex', 'nebula'],
  framing: ['full', 'half', 'portrait'],
  count: ['one', 'two'],
};

/** Attributes of a figure; `pose` is drawn with the figure but told as an action. */
export const figureAttributes = ['species', 'tone', 'hairStyle', 'hairColor', 'garment', 'garmentColor', 'headwear', 'item', 'mark', 'pose'];

/** Attributes of a scene. */
export const sceneAttributes = ['place', 'time', 'weather', 'framing', 'count'];

/** Tones that a species can have. */
export const tonesOf = {
  human: ['pale', 'tan', 'brown'], fox: ['orange', 'snow'], cat: ['grey', 'ebony', 'amber'], robot: ['silver', 'copper', 'graphite'],
};

/** Weather that a place knows. */
export const weathersOf = {
  forest: ['clear', 'rain', 'snow'], meadow: ['clear', 'rain', 'snow'], mountains: ['clear', 'rain', 'snow'], city: ['clear', 'rain', 'snow'],
  castle: ['clear', 'rain', 'snow'], desert: ['clear'], beach: ['clear', 'rain'], cybercity: ['clear', 'rain'], space: ['stars', 'vortex', 'nebula'],
};

/**
 * The classes of a picture, by attribute; null where an attribute says nothing (hair of a robot, time of day in space, legs in a portrait).
 * @param {object} figure
 * @param {object} scene
 * @param {number} count figures in the picture
 * @returns {Record<string, number | null>}
 */
export function labelsOf(figure, scene, count) {
  const human = figure.species === 'human';
  const values = {
    ...figure, hairStyle: human ? figure.hairStyle : null, hairColor: human ? figure.hairColor : null,
    place: scene.place, time: scene.place === 'space' ? null : scene.time, weather: scene.weather,
    framing: count === 2 ? null : scene.framing, count: count === 2 ? 'two' : 'one',
    pose: scene.framing === 'portrait' && figure.pose === 'walk' ? null : figure.pose,
  };
  return Object.fromEntries(Object.entries(vocabulary).map(([name, classes]) => {
    const at = values[name] === null || values[name] === undefined ? -1 : classes.indexOf(values[name]);
    return [name, at < 0 ? null : at];
  }));
}
