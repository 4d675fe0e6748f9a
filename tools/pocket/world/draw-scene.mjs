import { mixColors, sceneLight, shade, skyColors } from './palette.mjs';
import { between, chance, createRandom } from './random.mjs';

const snowWhite = '#eef3fa';

function ellipse(x, y, rx, ry, fill, extra = '') {
  return `<ellipse cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" rx="${rx.toFixed(1)}" ry="${ry.toFixed(1)}" fill="${fill}" ${extra}/>`;
}

function rect(x, y, width, height, fill, extra = '') {
  return `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}" fill="${fill}" ${extra}/>`;
}

/** A ground line with gentle hills, from its height down to the canvas' foot. */
function ground(random, y, fill, swell = 4) {
  const left = y + between(random, -swell, swell);
  const right = y + between(random, -swell, swell);
  return `<path d="M0 ${left.toFixed(1)}Q64 ${(y - swell).toFixed(1)} 128 ${right.toFixed(1)}V128H0Z" fill="${fill}"/>`;
}

function pine(x, y, height, fill, snowy) {
  const width = height * 0.36;
  const layer = (top, bottom, half) => `<path d="M${x} ${y - top}L${x + half} ${y - bottom}H${x - half}Z" fill="${fill}"/>`;
  const cap = snowy ? `<path d="M${x} ${y - height}L${x + width * 0.42} ${y - height * 0.66}H${x - width * 0.42}Z" fill="${snowWhite}"/>` : '';
  return rect(x - 2.5, y - 8, 5, 10, '#5b3b28') + layer(height * 0.6, 6, width) + layer(height * 0.82, height * 0.32, width * 0.8) + layer(height, height * 0.58, width * 0.6) + cap;
}

/** Places: what stands behind the figure. `snowy` whitens the ground. */
const places = {
  forest: (random, snowy) => {
    const far = [4, 26, 50, 78, 100, 124].map((x) => pine(x + between(random, -5, 5), 88, between(random, 42, 60), snowy ? '#7d9d9a' : '#3f8f6a', snowy)).join('');
    const near = [2, 22, 108, 126].map((x) => pine(x + between(random, -5, 5), 104, between(random, 62, 84), snowy ? '#3f6b6a' : '#1f6a4a', snowy)).join('');
    return far + ground(random, 88, snowy ? snowWhite : '#4f9a4a') + near;
  },
  meadow: (random, snowy) => {
    const hills = ellipse(24, 92, 60, 26, snowy ? '#dbe4f0' : '#6cc05a') + ellipse(108, 94, 58, 22, snowy ? '#e4ecf5' : '#86d068');
    const dots = snowy ? '' : Array.from({ length: 16 }, () => `<circle cx="${between(random, 2, 126).toFixed(1)}" cy="${between(random, 96, 124).toFixed(1)}" r="2.4" fill="${chance(random, 0.5) ? '#ffe14a' : '#ff7fb0'}"/>`).join('');
    return hills + ground(random, 90, snowy ? snowWhite : '#7ed05c') + dots;
  },
  mountains: (random, snowy) => {
    const peak = (x, top, half, fill) => `<path d="M${x} ${top}L${x + half} 92H${x - half}Z" fill="${fill}"/><path d="M${x} ${top}L${x + half * 0.32} ${top + (92 - top) * 0.32}L${x + 3} ${top + (92 - top) * 0.24}L${x - half * 0.32} ${top + (92 - top) * 0.32}Z" fill="#f7fafc"/>`;
    return peak(22 + between(random, -6, 6), between(random, 26, 38), 44, '#7686a6') + peak(106 + between(random, -6, 6), between(random, 18, 32), 50, '#64749a')
      + ground(random, 92, snowy ? snowWhite : '#8a9a6a');
  },
  city: (random, snowy) => {
    const colors = ['#c9785a', '#8fa3b8', '#d8b27a', '#a5858f', '#7a94a8'];
    let towers = '';
    for (let x = -4, i = 0; x < 128; i++) {
      const width = between(random, 19, 28);
      const top = between(random, 22, 54);
      towers += rect(x, top, width - 1.5, 110 - top, colors[i % colors.length]);
      for (let wy = top + 6; wy < 84; wy += 13) towers += rect(x + 4, wy, 4.5, 6, '#ffe9a0') + rect(x + width - 10, wy, 4.5, 6, chance(random, 0.6) ? '#ffe9a0' : '#4a5568');
      if (snowy) towers += rect(x - 0.5, top - 3, width - 0.5, 5, snowWhite);
      x += width;
    }
    return towers + rect(0, 96, 128, 32, snowy ? snowWhite : '#6b6f7a') + rect(0, 96, 128, 4, snowy ? '#d6e0ec' : '#b9b4aa');
  },
  castle: (random, snowy) => {
    const x = between(random, -4, 8);
    const stone = '#a79fb4';
    const tower = (left, top, width) => rect(left, top, width, 96 - top, stone) + rect(left + width * 0.7, top, width * 0.3, 96 - top, shade(stone))
      + `<path d="M${left - 3} ${top}L${left + width / 2} ${top - 24}L${left + width + 3} ${top}Z" fill="${snowy ? snowWhite : '#c0443f'}"/>` + rect(left + width / 2 - 2.5, top + 9, 5, 9, '#40384e');
    return rect(16 + x, 56, 92, 40, '#958da4') + [20, 36, 52, 68, 84].map((at) => rect(at + x, 50, 9, 8, '#958da4')).join('') + tower(2 + x, 42, 24) + tower(98 + x, 36, 24)
      + ground(random, 94, snowy ? snowWhite : '#76b85a');
  },
  desert: (random) => {
    const cactus = (x, y, s) => `<g transform="translate(${x.toFixed(1)} ${y}) scale(${s})"><path d="M0 0V-40 M0 -14H-11V-28 M0 -20H11V-33" stroke="#3f8f4a" stroke-width="8" fill="none" stroke-linecap="round" stroke-linejoin="round"/></g>`;
    return ellipse(20, 96, 70, 22, '#e2ac5e') + ellipse(116, 98, 64, 26, '#d99a4e') + ground(random, 96, '#f0c878') + cactus(between(random, 10, 22), 102, 1) + cactus(between(random, 106, 118), 106, 1.2);
  },
  beach: (random) => {
    const x = chance(random, 0.5) ? 14 : 114;
    const palm = `<path d="M${x} 112Q${x + 4} 80 ${x - 2} 50" stroke="#8a5a34" stroke-width="6" fill="none"/>${[-24, -12, 12, 24].map((dx) => `<path d="M${x - 2} 50Q${x + dx} ${36 + Math.abs(dx) / 4} ${x + dx * 1.15} ${58 - Math.abs(dx) / 6}" stroke="#2f9a50" stroke-width="7" fill="none" stroke-linecap="round"/>`).join('')}`;
    return rect(0, 70, 128, 34, '#2a9fd0') + rect(0, 70, 128, 3, '#8fe0f5') + rect(0, 84, 128, 2.5, '#6fd0ec') + ground(random, 100, '#f5dfa4', 2) + `<path d="M0 99Q64 94 128 99V102Q64 97 0 102Z" fill="#ffffff"/>` + palm;
  },
  cybercity: (random) => {
    const neon = ['#ff2fb0', '#21e6ff', '#a04bff', '#39ff9a'];
    let towers = '';
    for (let x = -6, i = Math.floor(random() * 4); x < 128; i++) {
      const width = between(random, 18, 28);
      const top = between(random, 12, 46);
      const light = neon[i % 4];
      towers += rect(x, top, width - 1.5, 110 - top, i % 2 ? '#1d1440' : '#2a1a58') + rect(x, top, 2.5, 110 - top, light);
      for (let wy = top + 6; wy < 88; wy += 11) if (chance(random, 0.75)) towers += rect(x + 6, wy, width - 12, 4, light);
      x += width;
    }
    return rect(0, 0, 128, 128, '#140b30', 'opacity="0.55"') + towers + rect(0, 98, 128, 30, '#160f34') + rect(0, 98, 128, 2.5, '#ff2fb0')
      + '<path d="M64 100L20 128 M64 100L108 128 M64 100V128 M0 112H128" stroke="#21e6ff" stroke-width="2" opacity="0.7"/>';
  },
  moon: (random) => ground(random, 94, '#9a9cb0', 6) + [14, 58, 112].map((x) => ellipse(x + between(random, -8, 8), between(random, 104, 120), between(random, 8, 13), 3.6, '#767890')).join(''),
};

function stars(random, count, height) {
  return Array.from({ length: count }, () => `<circle cx="${between(random, 0, 128).toFixed(1)}" cy="${between(random, 0, height).toFixed(1)}" r="${between(random, 1, 1.9).toFixed(2)}" fill="#ffffff"/>`).join('');
}

/** What hangs in the sky over the moon. */
const spaceSkies = {
  stars: (random) => stars(random, 34, 92) + ellipse(between(random, 18, 34), between(random, 20, 32), 13, 13, '#4f9fe8'),
  vortex: (random) => {
    const x = between(random, 24, 104);
    const y = between(random, 26, 38);
    const arms = [44, 34, 24, 14].map((r, i) => `<ellipse cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" rx="${r}" ry="${(r * 0.62).toFixed(1)}" fill="none" stroke="${mixColors('#2850d8', '#9ff4ff', i / 3)}" stroke-width="6" stroke-dasharray="${r * 2.3} ${r * 0.75}" transform="rotate(${i * 50 - 20} ${x.toFixed(1)} ${y.toFixed(1)})"/>`).join('');
    return stars(random, 16, 92) + arms + ellipse(x, y, 7, 5.5, '#ffffff');
  },
  nebula: (random) => ['#ff4fa8', '#a43cff', '#ff7a5a', '#6a3cff'].map((fill, i) => ellipse(16 + i * 32 + between(random, -10, 10), between(random, 18, 64), between(random, 24, 36), between(random, 14, 24), fill, 'opacity="0.62"')).join('') + stars(random, 24, 92),
};

const weathers = {
  rain: (random) => `<path d="${Array.from({ length: 30 }, () => { const x = between(random, 0, 132); const y = between(random, -8, 120); return `M${x.toFixed(1)} ${y.toFixed(1)}l-4 12`; }).join('')}" stroke="#cfe6ff" stroke-width="1.9" opacity="0.85"/>`,
  snow: (random) => Array.from({ length: 34 }, () => `<circle cx="${between(random, 0, 128).toFixed(1)}" cy="${between(random, 0, 124).toFixed(1)}" r="${between(random, 1.5, 2.6).toFixed(2)}" fill="#ffffff"/>`).join(''),
};

/**
 * Draws everything but the figure.
 * @param {object} scene see `sampleScene`
 * @returns {{ definitions: string, behind: string, before: string }} SVG in a 128 x 128 canvas: gradients, layers behind the figure and in front of it
 */
export function drawScene(scene) {
  const random = createRandom(scene.layout.seed);
  const space = scene.place === 'moon';
  const [top, horizon] = space ? ['#090a26', '#2a1850'] : skyColors[scene.time];
  const [overlay, opacity] = space || scene.place === 'cybercity' ? ['#000000', 0] : sceneLight[scene.time];
  const definitions = `<linearGradient id="sky" x1="0" y1="0" x2="0" y2="0.75"><stop offset="0" stop-color="${top}"/><stop offset="1" stop-color="${horizon}"/></linearGradient>`;
  let sky = '<rect width="128" height="128" fill="url(#sky)"/>';
  const x = chance(random, 0.5) ? between(random, 14, 30) : between(random, 98, 114);
  if (space) sky += spaceSkies[scene.weather](random);
  else if (scene.time === 'day') sky += scene.weather === 'clear' ? ellipse(x, 20, 10, 10, '#ffe45c') + ellipse(128 - x, 24, 15, 6, '#ffffff') + ellipse(120 - x, 20, 9, 6, '#ffffff') : ellipse(30, 14, 34, 12, '#c3d0dc') + ellipse(96, 18, 38, 13, '#b3c2d0');
  else if (scene.time === 'sunset') sky += ellipse(x, 56, 16, 16, '#fff08a');
  else sky += stars(random, 26, 70) + ellipse(x, 20, 10, 10, '#fdf6cf') + ellipse(x + 4.5, 17, 8.5, 8.5, mixColors(top, horizon, 0.2));
  const snowy = scene.weather === 'snow';
  const haze = scene.weather === 'rain' ? '<rect width="128" height="128" fill="#5a6f8c" opacity="0.25"/>' : '';
  const scenery = `<g>${places[scene.place](random, snowy)}</g>`;
  return {
    definitions,
    behind: `${sky}${opacity > 0 ? tinted(scenery, overlay, opacity) : scenery}${haze}`,
    before: weathers[scene.weather]?.(random) ?? '',
  };
}

/** Tints every fill and stroke of the scenery, so that the sky keeps its own light. */
function tinted(svg, overlay, opacity) {
  return svg.replace(/(fill|stroke)="(#[0-9a-f]{6})"/g, (_, attribute, color) => `${attribute}="${color === '#ffe9a0' ? color : mixColors(color, overlay, opacity)}"`);
}
