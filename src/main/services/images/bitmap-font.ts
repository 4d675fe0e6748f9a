/**
 * A bitmap font of our own: labels on contact sheets must be equal pixels on every machine, with or without installed fonts.
 * Printable ASCII; per character seven rows of five pixels, one byte each, from the top, the leftmost pixel in bit 4.
 */
const GLYPHS: Readonly<Record<string, string>> = {
  ' ': '00000000000000', '!': '04040404040004', '"': '0a0a0a00000000', '#': '0a0a1f0a1f0a0a', '$': '040f140e051e04',
  '%': '18190204081303', '&': '0c12140815120d', "'": '04040400000000', '(': '02040808080402', ')': '08040202020408',
  '*': '0004150e150400', '+': '0004041f040400', ',': '000000000c0408', '-': '0000001f000000', '.': '00000000000c0c',
  '/': '01010204081010', '0': '0e11131519110e', '1': '040c040404040e', '2': '0e11010204081f', '3': '1e01010e01011e',
  '4': '02060a121f0202', '5': '1f101e0101110e', '6': '0608101e11110e', '7': '1f010204040808', '8': '0e11110e11110e',
  '9': '0e11110f01020c', ':': '000c0c000c0c00', ';': '000c0c000c0408', '<': '02040810080402', '=': '00001f001f0000',
  '>': '08040201020408', '?': '0e110102040004', '@': '0e11171517100f', 'A': '0e11111f111111', 'B': '1e11111e11111e',
  'C': '0f10101010100f', 'D': '1e11111111111e', 'E': '1f10101e10101f', 'F': '1f10101e101010', 'G': '0f10101311110f',
  'H': '1111111f111111', 'I': '0e04040404040e', 'J': '0702020202120c', 'K': '11121418141211', 'L': '1010101010101f',
  'M': '111b1515111111', 'N': '11191915131311', 'O': '0e11111111110e', 'P': '1e11111e101010', 'Q': '0e11111115120d',
  'R': '1e11111e141211', 'S': '0f10100e01011e', 'T': '1f040404040404', 'U': '1111111111110e', 'V': '111111110a0a04',
  'W': '11111115151b11', 'X': '110a0a040a0a11', 'Y': '11110a04040404', 'Z': '1f01020408101f', '[': '0e08080808080e',
  '\\': '10100804020101', ']': '0e02020202020e', '^': '040a1100000000', '_': '0000000000001f', '`': '08040000000000',
  'a': '00000e010f110f', 'b': '10101e1111111e', 'c': '00000f1010100f', 'd': '01010f1111110f', 'e': '00000e111f100f',
  'f': '0609081c080808', 'g': '000f11110f010e', 'h': '10101e11111111', 'i': '04000c0404040e', 'j': '0200060202120c',
  'k': '10101214181412', 'l': '0c04040404040e', 'm': '00001a15151515', 'n': '00001e11111111', 'o': '00000e1111110e',
  'p': '001e11111e1010', 'q': '000f11110f0101', 'r': '00001619101010', 's': '00000f100e011e', 't': '08081c08080906',
  'u': '0000111111110f', 'v': '000011110a0a04', 'w': '0000111515150a', 'x': '0000110a040a11', 'y': '001111110f010e',
  'z': '00001f0204081f', '{': '03040408040403', '|': '04040404040404', '}': '18040402040418', '~': '00000d12000000',
};

/** A hollow box, for characters that the font doesn't have. */
const UNKNOWN = '1f11111111111f';

/** Letters that reach below the line: drawn lower by {@link DESCENT}. */
const DESCENDING = new Set(['g', 'p', 'q', 'y']);
const DESCENT = 2;

export const GLYPH_WIDTH = 5;
/** Rows with descent. */
export const GLYPH_HEIGHT = 7 + DESCENT;
/** Columns from one character to the next. */
export const GLYPH_ADVANCE = 6;

/** Common typographic characters and what is drawn in their place. */
const REPLACEMENTS: Readonly<Record<string, string>> = { '\u2018': "'", '\u2019': "'", '\u201c': '"', '\u201d': '"', '\u2013': '-', '\u2014': '-', '\u2026': '...', '\u00d7': 'x', '\u00a0': ' ' };

/** Text in characters that the font can draw: accents are dropped, typographic marks replaced, the rest is left to be drawn as boxes. */
export function drawableText(text: string): string {
  const replaced = [...text].map((character) => REPLACEMENTS[character] ?? character).join('');
  return replaced.normalize('NFKD').replace(/\p{Mn}/gu, '').replace(/\s+/g, ' ').trim();
}

/** Whether pixel (x, y) of a character is set; x in 0..4, y in 0..8. */
export function glyphPixel(character: string, x: number, y: number): boolean {
  const rows = Object.hasOwn(GLYPHS, character) ? (GLYPHS[character] as string) : UNKNOWN;
  const row = DESCENDING.has(character) ? y - DESCENT : y;
  const bits = row < 0 || row > 6 ? 0 : Number.parseInt(rows.slice(2 * row, 2 * row + 2), 16);
  return ((bits >> (GLYPH_WIDTH - 1 - x)) & 1) === 1;
}
