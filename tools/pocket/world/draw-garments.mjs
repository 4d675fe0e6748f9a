import { garmentColors, lit, mix, shade } from './palette.mjs';
import { circle, path, rect, stroke } from './svg.mjs';

/** Trimmings: gold, but brown on yellow and orange cloth. */
function trimOf(name) {
  return name === 'yellow' || name === 'orange' ? '#7c431c' : '#ffdf70';
}

/** Marks must stand out from the cloth: cream on dark and strong colours, ink on light ones. */
function markColors(name) {
  return ['yellow', 'white', 'pink', 'orange'].includes(name) ? ['#3b2a78', '#241a52'] : ['#fff7dc', '#e6d49a'];
}

const star = 'M0 -8.6L2.5 -2.9L8.6 -2.4L4 1.7L5.5 7.8L0 4.5L-5.5 7.8L-4 1.7L-8.6 -2.4L-2.5 -2.9Z';

/** A garment's layers in head units: behind the body, on it, and how arms look (`sleeve` colour, `cuff` of a bare arm or not). */
export const garments = {
  coat: (color, trim) => ({
    behind: '',
    body: path('M-14 16Q0 11 14 16L19 40L23 68Q0 73 -23 68L-19 40Z', color) + path('M4 13Q10 13 14 16L19 40L23 68Q14 71 8 71Z', shade(color)) + path('M-14 16L-19 40L-23 68L-19 69L-14 40Z', lit(color, 0.3))
      + path('M-6 13L0 30L6 13Z', '#fbf7ee') + path('M-7.5 12.5L-13 17L-9 25L-1 31L-1 71L1 71L1 31L9 25L13 17L7.5 12.5L0 29Z', shade(color, 0.5)) + rect(-17, 43, 34, 5, '#5b3a2a') + rect(-3.5, 42.2, 7, 6.6, trim, ' rx="1"')
      + circle(-6.5, 54, 1.9, trim) + circle(-6.5, 62, 1.9, trim),
    sleeve: shade(color, 0.12), cuff: shade(color, 0.5),
  }),
  jacket: (color, trim) => ({
    behind: path('M-13 44L-13 74L-1 74L0 52L1 74L13 74L13 44Z', '#3c4764') + path('M6 46L13 44V74H5Z', '#2d3550'),
    body: path('M-15 16Q0 11 15 16L18 46Q0 50 -18 46Z', color) + path('M4 13Q11 13 15 16L18 46Q11 48 6 48Z', shade(color)) + path('M-15 16L-18 46L-14 46.8L-11 18Z', lit(color, 0.3))
      + path('M-18 42Q0 46 18 42L18 47.5Q0 52 -18 47.5Z', shade(color, 0.5)) + path('M-9.5 11L-12 19.5Q0 24 12 19.5L9.5 11Q0 16 -9.5 11Z', shade(color, 0.42)) + stroke('M0 21V45', '#e8ecf2', 2.4) + circle(0, 25, 2.2, trim),
    sleeve: shade(color, 0.1), cuff: shade(color, 0.5),
  }),
  cloak: (color, trim) => ({
    behind: path('M-17 12Q0 6 17 12Q31 40 33 70Q0 78 -33 70Q-31 40 -17 12Z', shade(color, 0.36)),
    body: path('M-10 18L-9 72L9 72L10 18Z', '#55405e') + path('M0 20V72H9L10 18Z', '#453350') + path('M-1 15Q-12 10 -18 15Q-32 42 -32 70Q-22 75 -11 73.5Q-4 44 -1 15Z', color) + path('M-18 15Q-32 42 -32 70L-27 72Q-26 42 -14 14Z', lit(color, 0.3))
      + path('M1 15Q12 10 18 15Q32 42 32 70Q22 75 11 73.5Q4 44 1 15Z', shade(color, 0.16)) + path('M13 13Q16 13 18 15Q32 42 32 70L26 72.4Q26 42 13 13Z', shade(color, 0.34))
      + path('M-18 15Q-14 8 0 9.5Q14 8 18 15Q9 22 0 21Q-9 22 -18 15Z', shade(color, 0.48)) + circle(0, 21, 4.2, trim) + circle(-1, 20, 1.4, '#ffffff'),
    sleeve: '#55405e', cuff: '#3a2a44',
  }),
  dress: (color) => ({
    behind: '',
    body: path('M-11 15Q0 11 11 15L12 38Q26 54 29 69Q22 74 14.5 70Q7 75 0 71Q-7 75 -14.5 70Q-22 74 -29 69Q-26 54 -12 38Z', color) + path('M4 13Q9 13 11 15L12 38Q26 54 29 69Q22 74 14.5 70Q12 52 4 38Z', shade(color))
      + path('M-12 38Q-26 54 -29 69L-23 71Q-20 54 -9 38Z', lit(color, 0.3)) + stroke('M-27 64.5Q-20 69 -14 65.5Q-7 70 0 66.5Q7 70 14 65.5Q20 69 27 64.5', '#fff6e6', 3) + path('M-12.5 36H12.5V41.5Q0 44 -12.5 41.5Z', shade(color, 0.5))
      + path('M0 14L-12.5 12.5Q-13.5 22 -3.5 22.5Q-0.5 20 0 17Q0.5 20 3.5 22.5Q13.5 22 12.5 12.5Z', '#fffaf0'),
    sleeve: undefined, cuff: undefined, puff: lit(color, 0.1), puffShade: shade(color, 0.2),
  }),
};

/** Marks that no caption names: a sash over the shoulder, a star on the chest; the glow stands behind the figure, see `aura`. */
export const marks = {
  none: () => '',
  glow: () => '',
  stripe: (name) => {
    const [color, dark] = markColors(name);
    return path('M-15 17L-8.5 13.6L15 36L16 45.5Z', color) + path('M-15 17L-13.5 16.2L16 43.5L16 45.5Z', dark);
  },
  emblem: (name) => {
    const [color, dark] = markColors(name);
    return `<g transform="translate(0 29)">${circle(0, 0, 9.6, dark)}${circle(0, 0, 8.6, mix(color, garmentColors[name], name === 'white' ? 0 : 0.06))}${path(star, garmentColors[name], ' transform="scale(0.86)"')}</g>`;
  },
};

/** The light behind a figure that is marked by a glow: rays and a ring around the head. */
export const aura = circle(0, 0, 39, 'url(#aura)') + circle(0, 0, 31, 'none', ' stroke="#fff3a6" stroke-width="3.2"')
  + stroke(Array.from({ length: 12 }, (_, i) => { const a = (i * Math.PI) / 6; const at = (r) => `${Math.round(Math.cos(a) * r * 10) / 10} ${Math.round(Math.sin(a) * r * 10) / 10}`; return `M${at(35.5)}L${at(i % 2 ? 39 : 42)}`; }).join(''), '#fff3a6', 2.8);

/** The gradient that `aura` is filled with. */
export const auraGradient = '<radialGradient id="aura"><stop offset="0.4" stop-color="#fff6b4" stop-opacity="0.95"/><stop offset="0.75" stop-color="#ffe36a" stop-opacity="0.6"/><stop offset="1" stop-color="#ffe36a" stop-opacity="0"/></radialGradient>';

/** A garment by cut and colour. */
export function garmentOf({ garment, garmentColor }) {
  return garments[garment](garmentColors[garmentColor], trimOf(garmentColor));
}
