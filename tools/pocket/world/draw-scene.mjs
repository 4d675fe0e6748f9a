import { lights, mix } from './palette.mjs';
import { places } from './places.mjs';
import { between, chance, createRandom } from './random.mjs';
import { circle, ellipse, n, path, rect, stroke, verticalGradient } from './svg.mjs';

/** The colour of lit windows: it keeps its own light at any time of day. */
const windowGlow = '#ffe08a';

function stars(random, count, height) {
  return Array.from({ length: count }, () => circle(between(random, 1, 127), between(random, 1, height), between(random, 0.7, 1.5), '#ffffff')).join('');
}

function cloud(x, y, s, color) {
  return path(`M${n(x - 18 * s)} ${n(y + 6 * s)}a${n(7 * s)} ${n(7 * s)} 0 0 1 ${n(5 * s)} ${n(-11 * s)}a${n(10 * s)} ${n(10 * s)} 0 0 1 ${n(18 * s)} ${n(-2 * s)}a${n(8 * s)} ${n(8 * s)} 0 0 1 ${n(12 * s)} ${n(13 * s)}Z`, color);
}

/** What hangs in the sky over the moon. */
const spaceSkies = {
  stars: (random) => {
    const [x, y] = [chance(random, 0.5) ? between(random, 16, 28) : between(random, 100, 112), between(random, 20, 32)];
    return stars(random, 46, 84) + circle(x, y, 13, '#f0a85e') + path(`M${n(x - 12.6)} ${n(y + 3)}a13 13 0 0 0 25.2 0q-12 6 -25.2 0Z`, '#c46f48') + ellipse(x, y, 21, 4.5, 'none', ` stroke="#ffe2b0" stroke-width="2.4" transform="rotate(-18 ${n(x)} ${n(y)})"`);
  },
  vortex: (random) => {
    const [x, y] = [between(random, 28, 100), between(random, 26, 36)];
    const arms = [[44, '#1f49d0'], [35, '#2f7be8'], [26, '#4fb6f5'], [17, '#9eeaff']].map(([r, color], i) => {
      const turn = `rotate(${i * 48 - 20} ${n(x)} ${n(y)})`;
      return ellipse(x, y, r, r * 0.62, 'none', ` stroke="${color}" stroke-width="6.5" stroke-dasharray="${n(r * 2.2)} ${n(r * 0.6)}" transform="${turn}"`);
    }).join('');
    return stars(random, 18, 84) + ellipse(x, y, 46, 30, '#17308f', ' opacity="0.55"') + arms + ellipse(x, y, 8, 6, '#ffffff');
  },
  nebula: (random) => ['#ff4fa6', '#b23dff', '#ff8058', '#6d43ff', '#ff6fc0'].map((fill, i) =>
    cloud(12 + i * 27 + between(random, -8, 8), between(random, 22, 62), between(random, 1.4, 1.9), fill).replace('/>', ' opacity="0.68"/>')).join('') + stars(random, 34, 84),
};

/** Sun, moon or clouds over the earth. */
function earthSky(random, scene, [zenith, middle]) {
  const left = chance(random, 0.5);
  const x = left ? between(random, 14, 30) : between(random, 98, 114);
  const overcast = scene.weather === 'rain' || scene.weather === 'snow';
  if (scene.time === 'day') {
    if (overcast) return [[26, 14, 1.5], [66, 20, 1.7], [108, 13, 1.5]].map(([at, y, s]) => cloud(at + between(random, -8, 8), y, s, scene.weather === 'rain' ? '#8fa3b8' : '#c9d8e6')).join('');
    return circle(x, 21, 17, '#fff6b8', ' opacity="0.5"') + circle(x, 21, 10.5, '#ffe455') + cloud(128 - x + between(random, -8, 8), between(random, 20, 32), between(random, 0.8, 1.15), '#ffffff') + cloud(64 + between(random, -12, 12), between(random, 10, 18), 0.55, '#f4fbff');
  }
  const clouds = overcast ? [[24, 16, 1.4], [64, 11, 1.5], [106, 18, 1.4]].map(([at, y, s]) => cloud(at + between(random, -8, 8), y, s, mix(scene.time === 'night' ? '#2c3868' : '#8d5a86', scene.weather === 'snow' ? '#dfe6f2' : '#56607e', 0.28))).join('') : '';
  if (scene.time === 'sunset') return circle(x, 54, 27, '#ffe28a', ' opacity="0.35"') + circle(x, 54, 16, '#fff0a0') + stroke(`M${n(64 - between(random, 20, 50))} 34h26 M${n(64 + between(random, 0, 24))} 26h32`, '#ffb08a', 3, ' opacity="0.7"') + clouds;
  return stars(random, overcast ? 8 : 30, 66) + circle(x, 22, 16, '#c9d4ff', ' opacity="0.22"') + circle(x, 22, 10, '#fdf6cf') + circle(x + 4.4, 19.4, 8.4, mix(zenith, middle, 0.3)) + clouds;
}

const weathers = {
  rain: (random) => stroke(Array.from({ length: 34 }, () => `M${n(between(random, 0, 134))} ${n(between(random, -8, 122))}l-3.5 11`).join(''), '#d4e8ff', 1.7, ' opacity="0.85"'),
  snow: (random) => Array.from({ length: 40 }, () => circle(between(random, 0, 128), between(random, 0, 126), between(random, 1.2, 2.4), '#ffffff')).join(''),
};

/** Tints every colour of the scenery, so that the sky keeps its own light. */
function tinted(svg, color, amount) {
  if (amount === 0) return svg;
  return svg.replace(/"(#[0-9a-f]{6})"/g, (whole, found) => (found === windowGlow ? whole : `"${mix(found, color, amount)}"`));
}

/**
 * Draws everything but the figures.
 * @param {object} scene see `sampleScene`
 * @returns {{ definitions: string, behind: string, before: string }} SVG in a 128 x 128 canvas: gradients, layers behind the figures and in front of them
 */
export function drawScene(scene) {
  const random = createRandom(scene.layout.seed);
  const space = scene.place === 'space';
  const light = lights[scene.time];
  const sky = space ? ['#060720', '#140f3c', '#33205e'] : light.sky;
  const dull = scene.weather === 'rain' && !space ? 0.35 : scene.weather === 'snow' ? 0.2 : 0;
  const gray = { day: '#9fb2c4', sunset: '#7a5a80', night: '#2a3358' }[scene.time];
  const colors = sky.map((color) => mix(color, gray, dull));
  const above = space ? spaceSkies[scene.weather](random) : earthSky(random, scene, colors);
  const scenery = places[scene.place]({ random, snowy: scene.weather === 'snow', haze: light.haze, glow: scene.time === 'day' ? '#fff4c8' : windowGlow });
  const ownLight = space || scene.place === 'cybercity';
  const veil = scene.weather === 'rain' && !ownLight ? rect(0, 0, 128, 128, gray, ' opacity="0.2"') : '';
  return {
    definitions: verticalGradient('sky', [[0, colors[0]], [0.6, colors[1]], [1, colors[2]]], 0.78),
    behind: rect(0, 0, 128, 128, 'url(#sky)') + above + tinted(scenery, light.tint, ownLight ? 0 : light.scenery) + veil,
    before: weathers[scene.weather]?.(random) ?? '',
  };
}
