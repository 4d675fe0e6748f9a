import { mix, shade } from './palette.mjs';
import { between, chance } from './random.mjs';
import { circle, ellipse, n, path, rect, stroke } from './svg.mjs';

const snowWhite = '#eef4fb';

/** A ridge of hills: one smooth curve from edge to edge, filled to the canvas' foot. */
function hills(random, y, swell, fill) {
  const [a, b, c] = [between(random, -swell, swell), between(random, -swell, swell), between(random, -swell, swell)];
  return path(`M0 ${n(y + a)}C24 ${n(y + a - swell)} 42 ${n(y + b - swell)} 64 ${n(y + b)}S106 ${n(y + c + swell)} 128 ${n(y + c)}V128H0Z`, fill);
}

function pine(x, y, height, color, snowy) {
  const w = height * 0.3;
  const tier = (top, bottom, half) => path(`M${n(x)} ${n(y - top)}L${n(x + half)} ${n(y - bottom)}Q${n(x)} ${n(y - bottom + 3)} ${n(x - half)} ${n(y - bottom)}Z`, color)
    + path(`M${n(x)} ${n(y - top)}L${n(x + half)} ${n(y - bottom)}Q${n(x + half * 0.6)} ${n(y - bottom + 2)} ${n(x + half * 0.3)} ${n(y - bottom + 2)}Z`, shade(color, 0.2));
  const cap = snowy ? path(`M${n(x)} ${n(y - height)}L${n(x + w * 0.36)} ${n(y - height * 0.72)}Q${n(x)} ${n(y - height * 0.64)} ${n(x - w * 0.36)} ${n(y - height * 0.72)}Z`, snowWhite) : '';
  return rect(x - 2, y - 8, 4, 9, '#5a3c2b') + tier(height * 0.58, 5, w) + tier(height * 0.82, height * 0.32, w * 0.8) + tier(height, height * 0.58, w * 0.58) + cap;
}

function spread(random, xs, jitter, make) {
  return xs.map((x) => make(x + between(random, -jitter, jitter))).join('');
}

/** A gabled house with lit windows. */
function house(random, { x, width, top, wall, roof, snowy, glow }) {
  const peak = top - width * 0.55;
  let svg = rect(x, top, width, 110 - top, wall) + rect(x + width * 0.68, top, width * 0.32, 110 - top, shade(wall, 0.16));
  svg += path(`M${n(x - 2.5)} ${n(top)}L${n(x + width / 2)} ${n(peak)}L${n(x + width + 2.5)} ${n(top)}Z`, snowy ? snowWhite : roof);
  svg += path(`M${n(x + width / 2)} ${n(peak)}L${n(x + width + 2.5)} ${n(top)}H${n(x + width * 0.68)}Z`, snowy ? '#d3dfee' : shade(roof, 0.2));
  for (let y = top + 5; y < 88; y += 13) {
    for (const at of [0.18, 0.6]) svg += rect(x + width * at, y, 5, 7, chance(random, 0.75) ? glow : '#4b5877', ' rx="1"');
  }
  return svg;
}

function tower(x, top, width, stone, roof, flag) {
  return rect(x, top, width, 100 - top, stone) + rect(x + width * 0.64, top, width * 0.36, 100 - top, shade(stone, 0.2))
    + path(`M${n(x - 3.5)} ${n(top)}L${n(x + width / 2)} ${n(top - 26)}L${n(x + width + 3.5)} ${n(top)}Z`, roof) + path(`M${n(x + width / 2)} ${n(top - 26)}L${n(x + width + 3.5)} ${n(top)}H${n(x + width * 0.62)}Z`, shade(roof, 0.22))
    + path(`M${n(x + width / 2)} ${n(top - 26)}v-9l9 3l-9 3Z`, flag) + path(`M${n(x + width / 2 - 3)} ${n(top + 18)}v-6a3 3 0 0 1 6 0v6Z`, '#39304a');
}

/** A trunk and a crown of five leaves. */
function palm(x, y) {
  const leaf = (dx, dy) => path(`M${n(x)} ${n(y)}Q${n(x + dx * 0.5)} ${n(y + dy - 9)} ${n(x + dx)} ${n(y + dy + 3)}Q${n(x + dx * 0.5)} ${n(y + dy + 1)} ${n(x)} ${n(y + 4)}Z`, dx > 0 ? '#1f8a4a' : '#35b35c');
  return stroke(`M${n(x + 5)} 116Q${n(x + 8)} 84 ${n(x)} ${n(y)}`, '#9a673c', 5) + [[-25, 4], [-17, -9], [2, -13], [17, -8], [25, 5]].map(([dx, dy]) => leaf(dx, dy)).join('') + circle(x + 2, y + 4, 2.6, '#7b4d2b');
}

function cactus(x, y, s) {
  const body = (d) => stroke(d, '#3e9a53', 8 * s) + stroke(d.replace(/^M([\d.-]+)/, (_, at) => `M${n(Number(at) + 1.6 * s)}`), '#2c7a43', 2.6 * s);
  return body(`M${n(x)} ${n(y)}V${n(y - 40 * s)}`) + stroke(`M${n(x)} ${n(y - 13 * s)}H${n(x - 11 * s)}V${n(y - 26 * s)} M${n(x)} ${n(y - 19 * s)}H${n(x + 11 * s)}V${n(y - 33 * s)}`, '#3e9a53', 6 * s);
}

/**
 * What stands behind the figure, back to front; each returns SVG. `snowy` whitens it, `haze` is the colour of distance, `glow` that of windows.
 * A place is one entry here and in `vocabulary.mjs`.
 */
export const places = {
  forest: ({ random, snowy, haze }) => {
    const far = mix(snowy ? '#6f928f' : '#3f9270', haze, 0.5);
    return spread(random, [2, 20, 38, 56, 74, 92, 110, 126], 5, (x) => pine(x, 90, between(random, 46, 64), far, false)) + hills(random, 88, 3, mix(snowy ? '#dfe8f2' : '#58a552', haze, 0.3))
      + spread(random, [10, 32, 98, 119], 4, (x) => pine(x, 99, between(random, 62, 80), snowy ? '#4a7d78' : '#2a7f58', snowy)) + hills(random, 97, 3, snowy ? snowWhite : '#4b9a45')
      + spread(random, [-2, 130], 2, (x) => pine(x, 118, between(random, 88, 100), snowy ? '#2f5f5e' : '#175a40', snowy)) + hills(random, 114, 2, snowy ? '#dbe6f2' : '#3a7f3a');
  },
  meadow: ({ random, snowy, haze }) => {
    const flowers = snowy ? '' : Array.from({ length: 20 }, (_, i) => circle((i * 37 + between(random, 0, 18)) % 128, between(random, 101, 126), 2.3, ['#ffe04a', '#ff7fb2', '#ffffff'][i % 3])).join('');
    const trees = [between(random, 8, 26), between(random, 96, 118)].map((x) => rect(x - 1.5, 78, 3, 9, '#6d4930') + circle(x, 73, 9, snowy ? '#cfdbe8' : '#4fae56') + circle(x + 3, 75, 6, snowy ? '#b9c9dc' : '#3b9348')).join('');
    return hills(random, 74, 7, mix(snowy ? '#d5e1ee' : '#86cf74', haze, 0.45)) + hills(random, 84, 6, snowy ? '#e0e9f4' : '#8cd665') + trees + hills(random, 93, 5, snowy ? snowWhite : '#6cc551')
      + hills(random, 110, 3, snowy ? '#dde8f4' : '#57b048') + flowers;
  },
  mountains: ({ random, snowy, haze }) => {
    const peak = (x, top, half, fill) => path(`M${n(x)} ${n(top)}L${n(x + half)} 98H${n(x - half)}Z`, fill) + path(`M${n(x)} ${n(top)}L${n(x + half)} 98H${n(x + half * 0.25)}L${n(x - half * 0.06)} ${n(top + (98 - top) * 0.5)}Z`, shade(fill, 0.22))
      + path(`M${n(x)} ${n(top)}L${n(x + half * 0.34)} ${n(top + (98 - top) * 0.34)}L${n(x + half * 0.1)} ${n(top + (98 - top) * 0.26)}L${n(x - half * 0.08)} ${n(top + (98 - top) * 0.38)}L${n(x - half * 0.34)} ${n(top + (98 - top) * 0.34)}Z`, '#f8fbff');
    return peak(64 + between(random, -10, 10), between(random, 30, 40), 52, mix('#8494b8', haze, 0.5)) + peak(16 + between(random, -6, 6), between(random, 30, 40), 42, mix('#7084ad', haze, 0.15))
      + peak(112 + between(random, -6, 6), between(random, 20, 32), 48, '#6578a6') + hills(random, 94, 3, snowy ? snowWhite : '#7f9a63') + hills(random, 112, 3, snowy ? '#dae6f2' : '#64804f');
  },
  city: ({ random, snowy, glow, haze }) => {
    const [walls, roofs] = [['#e8c39a', '#d98f74', '#a9bfd0', '#ead9b0', '#c9a6b4'], ['#b6483c', '#7a4a5c', '#3f6d8a', '#a05a34']];
    const start = Math.floor(random() * 5);
    let svg = Array.from({ length: 7 }, (_, i) => rect(i * 20 - 6 + between(random, -3, 3), between(random, 40, 56), 15, 60, mix('#9a8fae', haze, 0.55))).join('');
    for (let x = -8, i = start; x < 128; i++) {
      const width = between(random, 22, 29);
      svg += house(random, { x, width, top: between(random, 46, 64), wall: walls[i % 5], roof: roofs[i % 4], snowy, glow });
      x += width + 1;
    }
    const stones = [8, 40, 74, 106].map((x, i) => ellipse(x + between(random, -6, 6), 112 + (i % 2) * 9, 9, 2, snowy ? '#d3dfec' : '#8d8792')).join('');
    return svg + rect(0, 97, 128, 31, snowy ? snowWhite : '#a39ba2') + rect(0, 97, 128, 4, snowy ? '#d3dfec' : '#c9bfb8') + stones;
  },
  castle: ({ random, snowy, haze }) => {
    const x = between(random, -5, 5);
    const roof = snowy ? snowWhite : '#4a5fb8';
    const crenels = [18, 34, 50, 66, 82, 98].map((at) => rect(at + x, 56, 10, 8, '#b3a8c2')).join('');
    return hills(random, 80, 8, mix(snowy ? '#d5e0ee' : '#7fb98a', haze, 0.55)) + tower(34 + x, 38, 15, '#9b90b2', roof, '#ffcf3f') + tower(79 + x, 32, 15, '#9b90b2', roof, '#ffcf3f')
      + rect(14 + x, 62, 100, 40, '#b3a8c2') + crenels + rect(14 + x, 88, 100, 14, '#9e93b0') + tower(0 + x, 44, 24, '#c6bcd2', roof, '#ff5a5a') + tower(104 + x, 40, 24, '#c6bcd2', roof, '#ff5a5a')
      + hills(random, 98, 3, snowy ? snowWhite : '#76bb58') + hills(random, 114, 2, snowy ? '#dce7f3' : '#5fa64b');
  },
  desert: ({ random, haze }) => {
    const mesa = (x, w, top) => path(`M${n(x)} 92L${n(x + 6)} ${n(top)}H${n(x + w - 6)}L${n(x + w)} 92Z`, mix('#d0703f', haze, 0.25)) + path(`M${n(x + w * 0.62)} ${n(top)}H${n(x + w - 6)}L${n(x + w)} 92H${n(x + w * 0.7)}Z`, mix('#a8522f', haze, 0.25));
    return mesa(between(random, -14, 4), 46, between(random, 56, 64)) + mesa(between(random, 82, 98), 42, between(random, 50, 60)) + hills(random, 88, 4, '#e6b365') + hills(random, 97, 5, '#f2cb7e') + cactus(between(random, 8, 20), 108, 0.9)
      + cactus(between(random, 108, 120), 114, 1.15) + hills(random, 116, 3, '#e3b266');
  },
  beach: ({ random, glow }) => {
    const left = chance(random, 0.5);
    const sail = left ? between(random, 88, 112) : between(random, 16, 40);
    const waves = [72, 80, 88].map((y) => stroke(`M${n(between(random, -8, 12))} ${y}q6 -3 12 0t12 0 M${n(between(random, 44, 58))} ${y + 2}q6 -3 12 0t12 0 M${n(between(random, 92, 104))} ${y - 1}q6 -3 12 0t12 0`, '#8fe0f2', 1.8)).join('');
    return rect(0, 64, 128, 40, '#2292cc') + rect(0, 64, 128, 8, '#52b8e0') + path(`M${n(sail)} 64v-22l13 18Z M${n(sail - 2)} 62v-15l-9 13Z`, '#fdfaf2') + path(`M${n(sail - 12)} 64h26l-5 5h-16Z`, '#a0512f') + waves
      + path('M0 99Q32 91 64 97T128 94V104H0Z', '#e9fbff') + path('M0 102Q32 94 64 100T128 97V128H0Z', '#f6e0a6') + path('M0 118Q40 111 128 117V128H0Z', '#eacb85') + palm(left ? between(random, 8, 16) : between(random, 110, 118), 46)
      + circle(left ? 112 : 14, 116, 3.4, glow) ;
  },
  cybercity: ({ random }) => {
    const neon = ['#ff2fb3', '#1fe4ff', '#a64dff', '#38ff9c'];
    let svg = rect(0, 0, 128, 128, '#150a34', ' opacity="0.4"') + ellipse(64, 92, 80, 40, '#8a2be0', ' opacity="0.35"');
    svg += Array.from({ length: 9 }, (_, i) => rect(i * 15 - 4, between(random, 26, 54), 11, 70, '#2d1a66')).join('');
    for (let x = -6, i = Math.floor(random() * 4); x < 128; i++) {
      const [width, top, light] = [between(random, 17, 25), between(random, 18, 56), neon[i % 4]];
      svg += rect(x, top, width, 110 - top, i % 2 ? '#160d3a' : '#20124c') + rect(x, top, 2.4, 110 - top, light) + rect(x, top, width, 2.4, light);
      for (let y = top + 8; y < 92; y += 9) svg += rect(x + 6, y, (width - 10) * between(random, 0.3, 1), 3.2, chance(random, 0.5) ? light : mix(light, '#160d3a', 0.55));
      x += width + 2;
    }
    return svg + rect(0, 98, 128, 30, '#120a30') + rect(0, 98, 128, 2.4, '#ff2fb3') + stroke('M64 99L18 128 M64 99L110 128 M64 99V128 M46 99L-30 128 M82 99L158 128 M0 106H128 M0 116H128', '#1fe4ff', 1.5, ' opacity="0.75"');
  },
  space: ({ random }) => {
    const crater = (x, y, r) => ellipse(x, y, r, r * 0.3, '#6f7290') + ellipse(x, y + r * 0.09, r * 0.82, r * 0.2, '#8c8fab');
    return path('M0 84L14 72L30 86L50 76L72 88L96 74L116 84L128 78V128H0Z', '#575a7c') + hills(random, 94, 4, '#a9abc4') + hills(random, 111, 3, '#8f92ae') + crater(18 + between(random, -8, 8), 104, 11) + crater(108 + between(random, -8, 8), 108, 13) + crater(between(random, 40, 86), 121, 9);
  },
};
