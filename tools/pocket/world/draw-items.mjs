import { circle, ellipse, path, rect, stroke } from './svg.mjs';

/** Held items, drawn around the hand at (0, 0). A new item is one entry here and in `vocabulary.mjs`. */
export const items = {
  none: '',
  lantern: circle(2, 15, 21, 'url(#lamp)') + stroke('M-5 5Q2 -8 9 5', '#40332e', 2.4) + path('M-8 5H12L9.5 1H-5.5Z', '#40332e') + rect(-7.5, 5, 19, 20, '#40332e', ' rx="2.5"') + rect(-4.6, 7.6, 13.2, 14.6, '#ffd94f', ' rx="1.5"') + ellipse(2, 16, 3.4, 5, '#fffbe0'),
  balloon: stroke('M0 0Q5 -10 5 -22', '#fbfbfb', 1.6) + ellipse(6, -37, 14, 16.5, '#ea2f45') + path('M10 -52.5Q22 -44 19 -31Q15 -22 6 -20.5Q17 -34 10 -52.5Z', '#c01d3c') + ellipse(0, -43, 3.4, 5.4, '#ffb3bb', ' transform="rotate(20 0 -43)"') + path('M3 -21H9L6 -24Z', '#c01d3c'),
  sword: path('M-3.6 -7L-4.4 -44L0 -52L4.4 -44L3.6 -7Z', '#f2f6fa') + path('M0 -7V-52L4.4 -44L3.6 -7Z', '#9fb0c2') + rect(-11, -9.5, 22, 5, '#d99a2e', ' rx="2"') + rect(-2.6, -5, 5.2, 13, '#6a4128') + circle(0, 9.5, 3.2, '#d99a2e'),
  staff: stroke('M0 46V-32', '#83552f', 4.6) + circle(0, -40, 15, 'url(#orb)') + stroke('M-7 -30Q-13 -42 -4 -48 M7 -30Q13 -42 4 -48', '#83552f', 3.4) + circle(0, -40, 8.2, '#2fe6b8') + circle(-2.6, -43, 2.7, '#f0fffa'),
  book: '<g transform="translate(2 -9) scale(1.06)">' + path('M-16 -9Q-8 -13 0 -8Q8 -13 16 -9V12Q8 8 0 13Q-8 8 -16 12Z', '#8c2f3a') + path('M-14 -11Q-7 -14 0 -9.5V10Q-7 6 -14 9Z', '#fff8e6') + path('M14 -11Q7 -14 0 -9.5V10Q7 6 14 9Z', '#efe2c4') + stroke('M-11 -6.5Q-7 -8 -3 -6 M-11 -2Q-7 -3.5 -3 -1.5 M-11 2.5Q-7 1 -3 3 M11 -6.5Q7 -8 3 -6 M11 -2Q7 -3.5 3 -1.5', '#a58f70', 1.3) + '</g>',
  flower: stroke('M-1 9Q2 -6 2 -16', '#2f8d40', 3.2) + path('M1 -3Q10 -10 13 -4Q9 3 1 -3Z', '#43b052') + Array.from({ length: 6 }, (_, i) => { const a = (i * Math.PI) / 3; return circle(2 + 8 * Math.cos(a), -23 + 8 * Math.sin(a), 5.7, i % 2 ? '#ff8cc4' : '#ffa9d4'); }).join('') + circle(2, -23, 5, '#ffd93f'),
};

/** Light that items give. */
export const itemGradients = '<radialGradient id="lamp"><stop offset="0.2" stop-color="#ffe27a" stop-opacity="0.85"/><stop offset="1" stop-color="#ffcf4a" stop-opacity="0"/></radialGradient>'
  + '<radialGradient id="orb"><stop offset="0.4" stop-color="#7dffe0" stop-opacity="0.8"/><stop offset="1" stop-color="#3dffd0" stop-opacity="0"/></radialGradient>';

/** Headwear, drawn on a head of radius 18 around (0, 0). */
export const headwear = {
  none: '',
  crown: path('M-15 -9L-18.5 -29L-9 -20L0 -34L9 -20L18.5 -29L15 -9Q0 -14 -15 -9Z', '#ffcb2f') + path('M0 -34L9 -20L18.5 -29L15 -9Q9 -11.6 4 -12Z', '#e6a11d') + path('M-15.6 -12.5Q0 -18 15.6 -12.5L15 -8Q0 -13.4 -15 -8Z', '#c97f16') + circle(0, -21.5, 3, '#e8283c') + circle(-18.5, -29, 2.2, '#fff3b0') + circle(0, -34, 2.2, '#fff3b0') + circle(18.5, -29, 2.2, '#fff3b0'),
  wizard: path('M-15 -10Q-6 -34 7 -53Q6 -36 16 -10Z', '#4b3fc0') + path('M7 -53Q6 -36 16 -10H5Q8 -32 7 -53Z', '#362c96') + ellipse(0, -9.5, 27, 5.6, '#3d33a6') + path('M-14.4 -12Q0 -16.5 15.4 -12L14.4 -17Q0 -21 -12.8 -17Z', '#ffd34f') + path('M-2 -31l1.3 2.9 3.1.3-2.3 2.1.7 3.1-2.8-1.6-2.8 1.6.7-3.1-2.3-2.1 3.1-.3Z', '#ffe692'),
  tophat: path('M-14 -11L-15.5 -42Q0 -45 15.5 -42L14 -11Z', '#2c2836') + path('M5 -11L6 -43.6Q11 -43.4 15.5 -42L14 -11Z', '#1a1722') + path('M-14.2 -19Q0 -22.5 14.2 -19L14 -11.5Q0 -15 -14 -11.5Z', '#cf3b3f') + ellipse(0, -10, 25, 4.8, '#2c2836') + path('M-12.8 -39.5L-12 -21.5L-9.5 -22L-10 -40Z', '#4b4560'),
  beanie: path('M-18.8 -6Q-19.5 -28 0 -28Q19.5 -28 18.8 -6Z', '#ff7a45') + path('M3 -28Q19.5 -27 18.8 -6H10Q12 -20 3 -28Z', '#dc5a30') + stroke('M-8 -26Q-11 -18 -10.5 -11 M0 -27.6V-11', '#dc5a30', 1.6) + rect(-20.5, -11.5, 41, 8.4, '#ffe9d2', ' rx="4"') + circle(0, -30.5, 6.4, '#ffe9d2'),
  helmet: circle(0, -1, 28, '#d8f4ff', ' opacity="0.17"') + circle(0, -1, 28, 'none', ' stroke="#eaf8ff" stroke-width="3.2"') + path('M14 -25.3A28 28 0 0 1 14 23.3Q25 -1 14 -25.3Z', '#9cd4f0', ' opacity="0.4"') + stroke('M-20 -11Q-15 -21 -5.5 -23.5', '#ffffff', 3.6) + rect(-17, 21.5, 34, 6.5, '#d5dde6', ' rx="3.2"') + rect(4, 21.5, 13, 6.5, '#a9b5c4', ' rx="3.2"'),
};
