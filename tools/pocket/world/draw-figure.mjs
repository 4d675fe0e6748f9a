import { headwear, items } from './draw-items.mjs';
import { coatColors, furColors, hairColors, metalColors, mixColors, shade, skinColors } from './palette.mjs';

/** Where the head's centre stands and how large a head of radius 18 becomes, per framing (canvas 128 x 128). */
const framings = {
  full: { x: 62, y: 48, scale: 0.94 },
  half: { x: 62, y: 58, scale: 1.26 },
  portrait: { x: 61, y: 69, scale: 1.54 },
};

const garments = {
  coat: (color) => `<path d="M-14 17Q0 12 14 17L22 66L-22 66Z" fill="${color}"/><path d="M3 15Q10 15 14 17L22 66L7 66Z" fill="${shade(color)}"/>
    <path d="M0 18L0 66" stroke="${shade(color, 0.5)}" stroke-width="2"/><circle cx="-4" cy="32" r="2" fill="${gold(color)}"/><circle cx="-4" cy="44" r="2" fill="${gold(color)}"/>`,
  jacket: (color) => `<path d="M-11 44L-12 72L12 72L11 44Z" fill="#3b4258"/><path d="M-14 17Q0 12 14 17L17 47L-17 47Z" fill="${color}"/>
    <path d="M3 15Q10 15 14 17L17 47L5 47Z" fill="${shade(color)}"/><rect x="-17" y="43" width="34" height="5" rx="2" fill="${shade(color, 0.45)}"/>`,
  cloak: (color) => `<path d="M-15 16Q0 10 15 16Q30 40 30 68Q0 75 -30 68Q-30 40 -15 16Z" fill="${color}"/><path d="M4 13Q10 13 15 16Q30 40 30 68Q20 72 10 72Z" fill="${shade(color)}"/>
    <path d="M-15 16Q0 28 15 16L12 24Q0 33 -12 24Z" fill="${shade(color, 0.4)}"/><circle cx="0" cy="25" r="3.5" fill="${gold(color)}"/>`,
};

/** Buttons: gold, but dark on yellow and orange cloth. */
function gold(color) {
  return color === coatColors.yellow || color === coatColors.orange ? '#7a4a1c' : '#ffe27a';
}

const hairBack = {
  short: () => '',
  long: (color) => `<path d="M-19 -4Q-22 -22 0 -22Q22 -22 19 -4L25 40Q13 46 12 30L-12 30Q-13 46 -25 40Z" fill="${shade(color, 0.18)}"/>`,
  spiky: (color) => `<path d="M-18 4L-28 -6L-20 -10L-26 -24L-13 -20L-10 -34L0 -23L10 -34L13 -20L26 -24L20 -10L28 -6L18 4Z" fill="${color}"/>`,
  buns: (color) => `<circle cx="-22" cy="-9" r="10" fill="${color}"/><circle cx="22" cy="-9" r="10" fill="${shade(color, 0.18)}"/>`,
};

const hairFront = {
  short: (color) => `<path d="M-18.5 2Q-20 -20 0 -20Q20 -20 18.5 2Q15 -9 4 -10Q-10 -10 -14 -6Q-17 -3 -18.5 2Z" fill="${color}"/>`,
  long: (color) => `<path d="M-18.5 4Q-21 -21 0 -21Q21 -21 18.5 4Q15 -8 0 -13Q-13 -9 -18.5 4Z" fill="${color}"/>
    <path d="M-18 -4Q-22 14 -23 38Q-15 42 -14 26Q-16 10 -16 0Z M18 -4Q22 14 23 38Q15 42 14 26Q16 10 16 0Z" fill="${color}"/>`,
  spiky: (color) => `<path d="M-18.5 0L-14 -16L14 -16L18.5 0L11 -9L6 -4L0 -10L-6 -4L-11 -9Z" fill="${color}"/>`,
  buns: (color) => `<path d="M-18.5 2Q-20 -20 0 -20Q20 -20 18.5 2Q14 -8 0 -12Q-14 -8 -18.5 2Z" fill="${color}"/>`,
};

const face = `<circle cx="-7" cy="3" r="2.9" fill="#221c2b"/><circle cx="7" cy="3" r="2.9" fill="#221c2b"/>
  <circle cx="-11" cy="9" r="3" fill="#ff7d7d" opacity="0.45"/><circle cx="11" cy="9" r="3" fill="#ff7d7d" opacity="0.45"/>
  <path d="M-4 10Q0 13.5 4 10" stroke="#7a2f2f" stroke-width="2" fill="none" stroke-linecap="round"/>`;

/** Heads by species; each returns the layers behind and in front of the garment, and the colour of the hands. */
const heads = {
  human: ({ skin, hairStyle, hairColor }) => {
    const tone = skinColors[skin];
    const hair = hairColors[hairColor];
    return {
      back: hairBack[hairStyle](hair),
      front: `<circle r="18" fill="${tone}"/><path d="M6 -17A18 18 0 0 1 6 17Q13 0 6 -17Z" fill="${shade(tone, 0.1)}"/>${face}${hairFront[hairStyle](hair)}`,
      hand: tone,
    };
  },
  robot: ({ metal }) => {
    const body = metalColors[metal];
    return {
      back: `<path d="M0 -16L0 -28" stroke="${shade(body)}" stroke-width="3"/><circle cx="0" cy="-30" r="4" fill="#ff4d4d"/>`,
      front: `<rect x="-22" y="-5" width="44" height="11" rx="4" fill="${shade(body, 0.35)}"/><rect x="-18" y="-18" width="36" height="35" rx="8" fill="${body}"/>
        <path d="M6 -18H10Q18 -18 18 -10V9Q18 17 10 17H6Z" fill="${shade(body, 0.15)}"/><rect x="-14" y="-7" width="28" height="13" rx="6" fill="#171c2e"/>
        <circle cx="-6.5" cy="-0.5" r="4.2" fill="#46f0ff"/><circle cx="6.5" cy="-0.5" r="4.2" fill="#46f0ff"/><path d="M-7 11.5H7" stroke="#171c2e" stroke-width="2.5"/>`,
      hand: shade(body, 0.1),
    };
  },
  fox: ({ fur }) => animal(furColors.fox[fur], '#fdf3e6', 'M-18 -6L-19 -33L-2 -17Z M18 -6L19 -33L2 -17Z', 'M-15 -12L-16 -26L-6 -17Z M15 -12L16 -26L6 -17Z'),
  cat: ({ fur }) => ({
    ...animal(furColors.cat[fur], mixColors(furColors.cat[fur], '#ffffff', 0.45), 'M-18 -4L-17 -27L-2 -16Z M18 -4L17 -27L2 -16Z', 'M-14 -10L-14 -21L-6 -15Z M14 -10L14 -21L6 -15Z',
      '<path d="M-10 8L-24 5 M-10 10L-24 12 M10 8L24 5 M10 10L24 12" stroke="#f8f8f8" stroke-width="1.6"/>'),
  }),
};

function animal(fur, muzzle, ears, innerEars, extra = '') {
  return {
    back: '',
    front: `<path d="${ears}" fill="${fur}"/><path d="${innerEars}" fill="#4a3038"/><ellipse rx="20" ry="17.5" fill="${fur}"/>
      <path d="M-19 3Q-9 1 0 8Q9 1 19 3Q15 18 0 18Q-15 18 -19 3Z" fill="${muzzle}"/><ellipse cx="-7.5" cy="0" rx="3" ry="3.8" fill="#ffe98a"/><ellipse cx="7.5" cy="0" rx="3" ry="3.8" fill="#ffe98a"/>
      <circle cx="-7.5" cy="0.4" r="2.1" fill="#1b1620"/><circle cx="7.5" cy="0.4" r="2.1" fill="#1b1620"/><path d="M-3.5 7H3.5L0 11Z" fill="#2b1a20"/>${extra}`,
    hand: fur,
  };
}

/**
 * Draws a figure as an SVG group.
 * @param {object} figure see `sampleFigure`
 * @param {object} scene its framing, shift and scale place the figure
 * @returns {string} SVG in a 128 x 128 canvas
 */
export function drawFigure(figure, scene) {
  const frame = framings[scene.framing];
  const scale = frame.scale * scene.layout.scale;
  const cloth = coatColors[figure.garmentColor];
  const head = heads[figure.species](figure);
  const sleeve = shade(cloth, 0.12);
  const holds = figure.item !== 'none';
  const rightArm = holds
    ? `<path d="M11 22Q24 36 29 27" stroke="${shade(cloth, 0.3)}" stroke-width="10" fill="none" stroke-linecap="round"/>`
    : `<path d="M12 22Q20 32 20 44" stroke="${shade(cloth, 0.3)}" stroke-width="10" fill="none" stroke-linecap="round"/><circle cx="20" cy="49" r="5" fill="${head.hand}"/>`;
  return `<g transform="translate(${(frame.x + scene.layout.shift).toFixed(2)} ${frame.y}) scale(${scale.toFixed(3)})">
    <ellipse cx="0" cy="85" rx="26" ry="5" fill="#0a0a20" opacity="0.3"/>${head.back}
    <path d="M-8 60V82 M8 60V82" stroke="#2e2a3a" stroke-width="9" stroke-linecap="round"/>
    ${garments[figure.garment](cloth)}
    <path d="M-12 22Q-20 32 -20 44" stroke="${sleeve}" stroke-width="10" fill="none" stroke-linecap="round"/><circle cx="-20" cy="49" r="5" fill="${head.hand}"/>
    ${rightArm}${head.front}${headwear[figure.headwear](figure)}
    ${holds ? `<g transform="translate(31 26)">${items[figure.item](figure)}<circle r="5" fill="${head.hand}"/></g>` : ''}
  </g>`;
}
