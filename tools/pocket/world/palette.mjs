/** Garment colours; each is far from the others, so that it can be measured in a picture. */
export const coatColors = {
  red: '#d8322f', orange: '#f08a24', yellow: '#f5d23a', green: '#36a352', teal: '#16b8b0', blue: '#2f6fde',
  purple: '#8246c8', pink: '#f27db0', white: '#f4f4f0', black: '#2b2b34',
};

/** Hair colours of people. */
export const hairColors = {
  black: '#2a2528', brown: '#7a4a28', blond: '#f2c84b', red: '#c9432a', white: '#ececf2', blue: '#3f8cf0',
  pink: '#ff6fb5', green: '#4fbf4f',
};

/** Skin tones of people; captions never name them. */
export const skinColors = ['#fbd9bd', '#f0bd94', '#c98a5c', '#8a5636'];

/** Fur colours per animal. */
export const furColors = {
  fox: { orange: '#e8792b', white: '#efeae2' },
  cat: { grey: '#8d93a0', black: '#34323a', white: '#efeae2', ginger: '#e8a04e' },
};

/** Body colours of robots. */
export const metalColors = { silver: '#b9c4cf', bronze: '#b8793f', dark: '#454c5a' };

/** Colours of pointed hats and beanies. Crowns are golden, top hats black, bubble helmets of glass. */
export const hatColors = { red: '#d8322f', blue: '#2f6fde', green: '#36a352', purple: '#8246c8' };

/** The gold of every crown. */
export const gold = '#ffcf33';

/** Sky from top to horizon, per time of day. */
export const skyColors = {
  day: ['#6fc3f2', '#d6f0fb'],
  sunset: ['#d9507a', '#fdc06a'],
  night: ['#10163c', '#33458c'],
};

/** Light on the scenery per time of day: an overlay colour and its opacity. */
export const sceneLight = {
  day: ['#ffffff', 0],
  sunset: ['#a03a5a', 0.22],
  night: ['#0c1440', 0.5],
};

/** Mixes two `#rrggbb` colours; `amount` 0 gives the first, 1 the second. */
export function mixColors(first, second, amount) {
  const channel = (color, at) => parseInt(color.slice(at, at + 2), 16);
  const mixed = [1, 3, 5].map((at) => Math.round(channel(first, at) * (1 - amount) + channel(second, at) * amount));
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

/** The same colour in shadow. */
export function shade(color, amount = 0.25) {
  return mixColors(color, '#1a1633', amount);
}
