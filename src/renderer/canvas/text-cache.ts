const MAX_ENTRIES = 20_000;
const MOST_LINES = 4096;

/** Measures text with a font; widths in CSS pixels at scale 1. */
export type Measure = (text: string, font: string) => number;

/**
 * Text cut to widths, remembered: measuring is what costs most in a draw.
 * Entries that were asked for in neither of the last two fillings go.
 */
export class TextCache {
  #young: Shelves = new Map();
  #old: Shelves = new Map();
  #entries = 0;
  readonly #measure: Measure;

  constructor(measure: Measure) {
    this.#measure = measure;
  }

  /** The text, or its start and an ellipsis, so that it is at most `width` wide. */
  fit(text: string, font: string, width: number): string {
    return this.#remember(text, font, width, 0)[0] ?? '';
  }

  /** Breaks text into at most `lines` lines of `width`; the last one takes an ellipsis when there is more. Lines of the text itself are kept. */
  wrap(text: string, font: string, width: number, lines: number): readonly string[] {
    return this.#remember(text.slice(0, 4000), font, width, Math.max(1, lines));
  }

  /** Forgets everything; to be called when fonts change. */
  clear(): void {
    this.#young.clear();
    this.#old.clear();
    this.#entries = 0;
  }

  /** @param lines none for a text that is cut. */
  #remember(text: string, font: string, width: number, lines: number): readonly string[] {
    const shape = Math.round(width) * MOST_LINES + Math.min(lines, MOST_LINES - 1);
    const young = this.#young.get(font)?.get(shape)?.get(text);
    if (young !== undefined) return young;
    const measure = (part: string): number => this.#measure(part, font);
    const found = this.#old.get(font)?.get(shape)?.get(text) ?? (lines === 0 ? [cutText(text, width, measure)] : breakLines(text, width, lines, measure));
    if (this.#entries >= MAX_ENTRIES) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#entries = 0;
    }
    this.#entries += 1;
    shelf(this.#young, font, shape).set(text, found);
    return found;
  }
}

/** Lines by font, by width and number of lines, and by text: joining these to one key would cost more than all else that a hit costs. */
type Shelves = Map<string, Map<number, Map<string, readonly string[]>>>;

function shelf(shelves: Shelves, font: string, shape: number): Map<string, readonly string[]> {
  const shapes = shelves.get(font) ?? new Map<number, Map<string, readonly string[]>>();
  shelves.set(font, shapes);
  const texts = shapes.get(shape) ?? new Map<string, readonly string[]>();
  shapes.set(shape, texts);
  return texts;
}

/** Cuts a line to a width with an ellipsis, by bisection. */
export function cutText(text: string, width: number, measure: (text: string) => number): string {
  if (measure(text) <= width) return text;
  let low = 0;
  let high = Math.min(text.length, 1000);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (measure(`${text.slice(0, middle).trimEnd()}…`) <= width) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '…' : `${text.slice(0, low).trimEnd()}…`;
}

/** Breaks text at spaces into lines of at most `width`, at most `most` of them. */
export function breakLines(text: string, width: number, most: number, measure: (text: string) => number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const word of paragraph.split(' ')) {
      const longer = line === '' ? word : `${line} ${word}`;
      if (line !== '' && measure(longer) > width) {
        lines.push(line);
        line = word;
      } else line = longer;
      if (lines.length > most) break;
    }
    lines.push(line);
    if (lines.length > most) break;
  }
  const shown = lines.slice(0, most).map((line) => cutText(line, width, measure));
  const last = shown[most - 1];
  if (lines.length > most && last !== undefined && !last.endsWith('…')) shown[most - 1] = cutText(`${last} …`, width, measure);
  return shown;
}
