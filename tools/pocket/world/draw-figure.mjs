import { aura, garmentOf, marks } from './draw-garments.mjs';
import { headwear, items } from './draw-items.mjs';
import { hairColors, lights, lit, mix, shade, toneColors } from './palette.mjs';
import { circle, ellipse, n, path, rect, stroke } from './svg.mjs';

/** Where the head's centre stands and how large a head of radius 18 becomes (canvas 128 x 128). */
const framings = {
  full: { x: 60, y: 50, scale: 0.85 },
  half: { x: 59, y: 57, scale: 1.18 },
  portrait: { x: 55, y: 64, scale: 1.62 },
};

/** With two figures each has half of the canvas. */
const pairFraming = { xs: [29, 92], y: 58, scale: 0.76 };

const hairBack = {
  short: () => '',
  long: (hair) => path('M-20 -2Q-23 -23 0 -23Q23 -23 20 -2L26 38Q18 45 12 37L10 20H-10L-12 37Q-18 45 -26 38Z', shade(hair, 0.22)),
  spiky: (hair) => path('M-17 8L-30 6L-22 -3L-31 -13L-20 -14L-24 -28L-11 -21L-6 -35L2 -23L13 -34L14 -20L27 -25L21 -12L32 -9L23 -1L29 9L17 8Z', hair) + path('M2 -23L13 -34L14 -20L27 -25L21 -12L32 -9L23 -1L29 9L17 8Q18 -14 2 -23Z', shade(hair, 0.22)),
  buns: (hair) => circle(-22, -10, 10.5, hair) + circle(22, -10, 10.5, shade(hair, 0.2)) + circle(-24.5, -13, 3.4, lit(hair)),
};

const hairFront = {
  short: (hair) => path('M-19.4 9Q-22 -6 -14 -12L-14 2Q-16 6 -17 9Z', hair) + path('M19.4 9Q22 -6 14 -12L14 2Q16 6 17 9Z', shade(hair, 0.2)) + path('M-18.8 4Q-21 -21 0 -21Q21 -21 18.8 4Q16.5 -4 13 -9Q4 -5 -6 -11Q-13 -9 -15.5 -4Q-17.5 -1 -18.8 4Z', hair) + path('M4 -20.8Q21 -20 18.8 4Q16.5 -4 13 -9Q13 -16 4 -20.8Z', shade(hair, 0.2)),
  long: (hair) => path('M-18.8 8Q-22 -22 0 -22Q22 -22 18.8 8Q17 -5 0 -14Q-14 -6 -18.8 8Z', hair) + path('M-18.4 -3Q-23 14 -24 38Q-16 42 -14.5 28Q-17 12 -16 2Z', hair) + path('M18.4 -3Q23 14 24 38Q16 42 14.5 28Q17 12 16 2Z', shade(hair, 0.2)) + stroke('M-11 -15Q-5 -19 1 -19', lit(hair, 0.4), 2.4),
  spiky: (hair) => path('M-18.8 3L-16 -15Q0 -24 16 -15L18.8 3L13 -7L8 -2L2 -10L-4 -3L-9 -10L-14 -3Z', hair) + stroke('M-11 -16Q-5 -19 1 -19', lit(hair, 0.4), 2.4),
  buns: (hair) => path('M-18.8 4Q-21 -21 0 -21Q21 -21 18.8 4Q17 -8 0 -14.5Q-17 -8 -18.8 4Z', hair) + path('M4 -20.8Q21 -20 18.8 4Q17 -6 7 -12Z', shade(hair, 0.2)) + stroke('M-11 -15Q-5 -18.4 1 -18.4', lit(hair, 0.4), 2.4),
};

const eye = (x, y, rx, ry) => ellipse(x, y, rx, ry, '#221a2e') + circle(x - 0.9, y - 1.3, 1.1, '#ffffff');

const face = eye(-7, 3, 2.8, 3.6) + eye(7, 3, 2.8, 3.6) + ellipse(-11.5, 9, 3, 2.1, '#ff6f6f', ' opacity="0.45"') + ellipse(11.5, 9, 3, 2.1, '#ff6f6f', ' opacity="0.45"') + stroke('M-3.6 10.2Q0 13.4 3.6 10.2', '#7a2e35', 1.8);

function animal(fur, muzzle, ears, innerEars, extra) {
  return {
    back: '',
    front: path(ears, fur) + path(innerEars, '#5a343f') + ellipse(0, 0, 20, 17.6, fur) + path('M5 -17A20 17.6 0 0 1 5 17Q16 0 5 -17Z', shade(fur, 0.16)) + path('M-19.6 3Q-9 0 0 7Q9 0 19.6 3Q15 17.6 0 17.6Q-15 17.6 -19.6 3Z', muzzle)
      + eye(-7.5, 0, 2.8, 3.8) + eye(7.5, 0, 2.8, 3.8) + path('M-3.4 6.5H3.4L0 10.4Z', '#2b1a20') + stroke('M0 10.4Q-2.5 14 -5 12.2 M0 10.4Q2.5 14 5 12.2', '#2b1a20', 1.3) + extra,
    hand: fur,
  };
}

/** Heads by species: layers behind and before the body, and the colour of the hands. */
const heads = {
  human: ({ tone, hairStyle, hairColor }) => {
    const [skin, hair] = [toneColors[tone], hairColors[hairColor]];
    return {
      back: hairBack[hairStyle](hair),
      front: circle(-17.6, 4, 3.4, skin) + circle(17.6, 4, 3.4, shade(skin, 0.14)) + circle(0, 0, 18, skin) + path('M6 -17A18 18 0 0 1 6 17Q14 0 6 -17Z', shade(skin, 0.14)) + face + hairFront[hairStyle](hair),
      hand: skin,
    };
  },
  robot: ({ tone }) => {
    const metal = toneColors[tone];
    return {
      back: stroke('M0 -16V-27', shade(metal), 3) + circle(0, -29.5, 4.2, '#ff4b4b') + circle(-1.2, -30.8, 1.3, '#ffd0d0'),
      front: rect(-22.5, -5, 45, 11.5, shade(metal, 0.36), ' rx="4"') + rect(-18.5, -18, 37, 35.5, metal, ' rx="9"') + path('M6 -18H9.5Q18.5 -18 18.5 -9V8.5Q18.5 17.5 9.5 17.5H6Z', shade(metal, 0.2)) + stroke('M-13 -14.4H-3', lit(metal, 0.5), 2)
        + rect(-14.5, -8, 29, 14.5, '#151a2e', ' rx="6.5"') + circle(-6.6, -0.8, 4.3, '#3df0ff') + circle(6.6, -0.8, 4.3, '#3df0ff') + circle(-7.8, -2.1, 1.3, '#ffffff') + circle(5.4, -2.1, 1.3, '#ffffff') + stroke('M-7 12H7', '#151a2e', 2.4) + stroke('M-3 10.5V13.5 M1 10.5V13.5', metal, 1),
      hand: shade(metal, 0.14),
    };
  },
  fox: ({ tone }) => animal(toneColors[tone], tone === 'snow' ? '#d5dbe6' : '#fff4e6', 'M-19 -3L-20.5 -33L-2 -17Z M19 -3L20.5 -33L2 -17Z', 'M-16 -11L-17 -26L-7 -17.5Z M16 -11L17 -26L7 -17.5Z',
    path('M-19.6 3L-25 9L-18 10Z M19.6 3L25 9L18 10Z', tone === 'snow' ? '#d5dbe6' : '#fff4e6')),
  cat: ({ tone }) => animal(toneColors[tone], mix(toneColors[tone], '#ffffff', 0.5), 'M-19.4 -2L-15.5 -26L-3 -17Z M19.4 -2L15.5 -26L3 -17Z', 'M-15.6 -9L-14 -20L-7.5 -15.8Z M15.6 -9L14 -20L7.5 -15.8Z',
    stroke('M-10 9L-25 6 M-10 11L-25 13 M10 9L25 6 M10 11L25 13', '#fbfbfb', 1.4) + stroke('M-4 -16V-11 M0 -17V-11 M4 -16V-11', shade(toneColors[tone], 0.42), 1.8)),
};

/** Arms and legs by pose; `free` is the arm that holds nothing: its path, hand and whether it lies before the head. */
const poses = {
  stand: { legs: ['M-7.5 60V80', 'M7.5 60V80'], feet: [[-8.5, 83], [8.5, 83]], free: 'M-13 21Q-21 31 -21 43', hand: [-21, 46], tilt: 0 },
  wave: { legs: ['M-7.5 60V80', 'M7.5 60V80'], feet: [[-8.5, 83], [8.5, 83]], free: 'M-13 22Q-30 24 -31 2', hand: [-31, -3], tilt: -2 },
  walk: { legs: ['M-6 60L-19 76', 'M6 60L16 80'], feet: [[-22, 78], [19, 83]], free: 'M-13 21Q-26 26 -33 36', hand: [-35, 39], tilt: 5 },
};

function arm(garment, d, [x, y], hand) {
  const sleeve = garment.sleeve ?? hand;
  const bare = garment.puff === undefined ? '' : (([sx, sy]) => circle(sx, sy + 1, 7, garment.puff) + path(`M${sx} ${sy - 6}a7 7 0 0 1 0 14Q${sx + 4} ${sy + 1} ${sx} ${sy - 6}Z`, garment.puffShade))(d.slice(1).split(/[Q ]/).map(Number));
  return stroke(d, sleeve, garment.puff === undefined ? 10 : 7) + (garment.cuff === undefined ? '' : circle(x, y - (y < 0 ? -3.2 : 3.2), 5.2, garment.cuff)) + bare + circle(x, y, 5.2, hand);
}

/** The body without light: head units, origin at the head's centre. */
function bodyOf(figure, framing) {
  const [head, garment, pose, holds] = [heads[figure.species](figure), garmentOf(figure), poses[figure.pose], figure.item !== 'none'];
  const holding = holds ? ['M12 21Q25 33 30 24', [31, framing === 'portrait' ? 17 : 22]] : ['M13 21Q21 31 21 43', [21, 46]];
  if (figure.pose === 'walk' && !holds) holding.splice(0, 2, 'M13 21Q22 30 28 38', [30, 40]);
  const shoe = figure.species === 'robot' ? '#39405a' : '#4a2f2a';
  const legs = pose.legs.map((d, i) => stroke(d, i === 0 ? '#4a4360' : '#3a3450', 8.6)).join('') + pose.feet.map(([x, y]) => ellipse(x, y, 7.6, 4.2, shoe)).join('');
  const mark = figure.mark === 'glow' ? aura : '';
  const item = holds ? `<g transform="translate(${holding[1].join(' ')}) scale(1.08)">${items[figure.item]}</g>${circle(holding[1][0], holding[1][1], 5.4, head.hand)}` : '';
  return mark + head.back + garment.behind + legs + garment.body + marks[figure.mark](figure.garmentColor) + arm(garment, holding[0], holding[1], head.hand)
    + (pose.hand[1] > 0 ? arm(garment, pose.free, pose.hand, head.hand) : '') + ellipse(0, 18, 13, 5, '#180f30', ' opacity="0.22"') + head.front + headwear[figure.headwear] + (pose.hand[1] > 0 ? '' : arm(garment, pose.free, pose.hand, head.hand)) + item;
}

/** Colours that give light of their own keep it at night. */
const selfLit = new Set(['#ffd94f', '#fffbe0', '#2fe6b8', '#f0fffa', '#3df0ff', '#ff4b4b', '#fff3a6']);

function inLight(svg, { tint, figure }) {
  return figure === 0 ? svg : svg.replace(/"(#[0-9a-f]{6})"/g, (whole, color) => (selfLit.has(color) ? whole : `"${mix(color, tint, figure)}"`));
}

/**
 * Draws one figure as an SVG group.
 * @param {object} figure see `sampleFigure`
 * @param {object} scene its framing, light and layout place the figure
 * @param {number} [side] 0 left or 1 right of two; left out for one figure
 * @returns {string} SVG in a 128 x 128 canvas
 */
export function drawFigure(figure, scene, side) {
  const { layout } = scene;
  const frame = side === undefined ? framings[scene.framing] : { ...pairFraming, x: pairFraming.xs[side] };
  const x = frame.x + layout.shift * (side === undefined ? 1 : 0.25);
  const light = scene.place === 'space' ? { ...lights.night, figure: 0.04 } : lights[scene.time];
  const lean = poses[figure.pose].tilt;
  return `<g transform="translate(${n(x)} ${n(frame.y + layout.lift)}) scale(${(frame.scale * layout.scale).toFixed(3)})">${ellipse(2, 86, 27, 5, '#120c2e', ' opacity="0.32"')}<g${lean === 0 ? '' : ` transform="rotate(${lean} 0 60)"`}>${inLight(bodyOf(figure, scene.framing), light)}</g></g>`;
}
