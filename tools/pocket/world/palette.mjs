/** Garment colours; each is far from the others, so that it can be told in any light. */
export const garmentColors = {
  red: '#d6302e', orange: '#f28a1e', yellow: '#f7d531', green: '#2fa04a', teal: '#12b5ac', blue: '#2c63dc',
  purple: '#8440c4', pink: '#f57fb6', white: '#f5f4ef', black: '#2a2a33',
};

/** Hair colours of people. */
export const hairColors = { black: '#29242b', brown: '#7b4826', blond: '#f3cb52', ginger: '#d9531f', white: '#eeeef3', blue: '#3d86ee', pink: '#ff6db6' };

/** Skin of people, fur of animals, metal of robots. */
export const toneColors = {
  pale: '#fcd9bc', tan: '#dda06a', brown: '#8a5535',
  orange: '#ec7d2d', snow: '#f2eee6', grey: '#8e95a3', ebony: '#3a3742', amber: '#e9a850',
  silver: '#bcc8d4', copper: '#c27c3e', graphite: '#4a5161',
};

/** Light per time of day: sky from zenith to horizon, the tint of scenery and of figures, the colour of the lit rim. */
export const lights = {
  day: { sky: ['#4aa9ea', '#9ed6f6', '#e9f7f3'], tint: '#ffffff', scenery: 0, figure: 0, rim: '#fffdf0', haze: '#cfe8f4' },
  sunset: { sky: ['#4c3a8c', '#e0607c', '#ffc777'], tint: '#b0385c', scenery: 0.26, figure: 0.07, rim: '#ffd59a', haze: '#f49a80' },
  night: { sky: ['#080d2c', '#1a2762', '#4658a4'], tint: '#0b1644', scenery: 0.5, figure: 0.1, rim: '#a9c4ff', haze: '#3a4c94' },
};

const cache = new Map();

/** Mixes two `#rrggbb` colours; `amount` 0 gives the first, 1 the second. */
export function mix(first, second, amount) {
  if (amount <= 0) return first;
  const key = `${first}${second}${amount.toFixed(3)}`;
  let mixed = cache.get(key);
  if (mixed === undefined) {
    const [a, b] = [parseInt(first.slice(1), 16), parseInt(second.slice(1), 16)];
    let value = 0;
    for (const shift of [16, 8, 0]) value |= Math.round(((a >> shift) & 255) * (1 - amount) + ((b >> shift) & 255) * amount) << shift;
    mixed = `#${value.toString(16).padStart(6, '0')}`;
    if (cache.size > 20000) cache.clear();
    cache.set(key, mixed);
  }
  return mixed;
}

/** The same colour in shadow. */
export function shade(color, amount = 0.24) {
  return mix(color, '#241640', amount);
}

/** The same colour in the light. */
export function lit(color, amount = 0.25) {
  return mix(color, '#fff8e4', amount);
}
