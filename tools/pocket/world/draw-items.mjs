import { gold, hatColors, shade } from './palette.mjs';

/** Held items, drawn around the hand at (0, 0). Each is a function so that a new item is one entry. */
export const items = {
  none: () => '',
  lantern: () => `<circle cx="2" cy="14" r="19" fill="#ffd84a" opacity="0.35"/><path d="M-4 4Q2 -6 8 4" fill="none" stroke="#3a2f2a" stroke-width="2.5"/>
    <rect x="-7" y="4" width="18" height="20" rx="3" fill="#3a2f2a"/><rect x="-4" y="7" width="12" height="14" rx="2" fill="#fff06a"/>`,
  balloon: () => `<path d="M0 0L6 -28" stroke="#f5f5f5" stroke-width="1.8"/><ellipse cx="8" cy="-42" rx="13.5" ry="16" fill="#e8283c"/>
    <ellipse cx="4" cy="-48" rx="3.5" ry="5" fill="#ff9aa4"/>`,
  sword: () => `<path d="M-3 -6L-4 -44L0 -52L4 -44L3 -6Z" fill="#dfe8f0"/><path d="M0 -6L0 -52L4 -44L3 -6Z" fill="#98a8b8"/>
    <rect x="-10" y="-8" width="20" height="5" rx="2" fill="#c8902e"/><rect x="-2.5" y="-4" width="5" height="11" fill="#5a3a22"/>`,
  staff: () => `<rect x="-2.5" y="-34" width="5" height="78" rx="2" fill="#7b5130"/><circle cx="0" cy="-40" r="14" fill="#5dffd8" opacity="0.35"/>
    <circle cx="0" cy="-40" r="8.5" fill="#35e8c0"/><circle cx="-2.5" cy="-43" r="2.6" fill="#e6fff8"/>`,
  book: () => `<path d="M-13 -9L0 -5L13 -9L13 9L0 13L-13 9Z" fill="#fdf6e0"/><path d="M-15 -7L-13 9L0 13L0 16L-15 12Z M15 -7L13 9L0 13L0 16L15 12Z" fill="#9c3b2e"/>
    <path d="M0 -5L0 13" stroke="#c9b98e" stroke-width="2"/>`,
  flower: () => `<path d="M0 10L2 -18" stroke="#2f8a3c" stroke-width="3.5"/>${[0, 72, 144, 216, 288].map((angle) =>
    `<circle cx="${(2 + 7.5 * Math.cos((angle * Math.PI) / 180)).toFixed(1)}" cy="${(-23 + 7.5 * Math.sin((angle * Math.PI) / 180)).toFixed(1)}" r="6" fill="#ff8fc8"/>`).join('')}
    <circle cx="2" cy="-23" r="5" fill="#ffe14a"/>`,
};

/** Headwear, drawn on a head of radius 18 around (0, 0). */
export const headwear = {
  none: () => '',
  crown: () => `<path d="M-16 -9L-19 -29L-9 -20L0 -34L9 -20L19 -29L16 -9Q0 -14 -16 -9Z" fill="${gold}"/>
    <path d="M-16 -9L-16.8 -14Q0 -19 16.8 -14L16 -9Q0 -14 -16 -9Z" fill="#d99a1c"/><circle cx="0" cy="-22" r="3" fill="#e8283c"/>`,
  pointed: ({ headwearColor }) => {
    const color = hatColors[headwearColor];
    return `<path d="M-16 -9L4 -50L17 -9Z" fill="${color}"/><path d="M4 -50L17 -9L5 -9Z" fill="${shade(color)}"/>
      <ellipse cx="0" cy="-9" rx="26" ry="5.5" fill="${shade(color, 0.12)}"/><path d="M-14 -14Q0 -18 15.5 -14" stroke="#ffe27a" stroke-width="3.5" fill="none"/>`;
  },
  tophat: () => `<rect x="-14" y="-40" width="28" height="31" rx="2" fill="#26242e"/><rect x="5" y="-40" width="9" height="31" fill="#17161d"/>
    <rect x="-14" y="-18" width="28" height="6" fill="#c63a3a"/><ellipse cx="0" cy="-10" rx="24" ry="4.5" fill="#26242e"/>`,
  beanie: ({ headwearColor }) => {
    const color = hatColors[headwearColor];
    return `<path d="M-18.5 -6Q-19 -27 0 -27Q19 -27 18.5 -6Z" fill="${color}"/><rect x="-20" y="-11" width="40" height="8" rx="4" fill="${shade(color)}"/>
      <circle cx="0" cy="-29" r="6" fill="#f5f2ea"/>`;
  },
  bubble: () => `<circle cx="0" cy="-1" r="27" fill="#bfeaff" opacity="0.28"/><circle cx="0" cy="-1" r="27" fill="none" stroke="#dff5ff" stroke-width="3"/>
    <path d="M-18 -12Q-13 -21 -4 -22" stroke="#ffffff" stroke-width="3.5" fill="none" stroke-linecap="round"/><rect x="-16" y="20" width="32" height="6" rx="3" fill="#c4ccd6"/>`,
};
