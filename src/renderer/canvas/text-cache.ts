const MAX_ENTRIES = 20_000;

/** Measures text with a font; widths in CSS pixels at scale 1. */
export type Measure = (text: string, font: string) => number;

/**
 * Text cut to widths, remembered: measuring is what costs most in a draw.
 * Entries that were asked for in neither of the last two fillings go.
 */
export class TextCache {
  #young = new Map<string, readonly string[]>();
  #old = new Map<string, readonly string[]>();
  readonly #measure: Measure;

  constructor(measure: Measure) {
    this.#measure = measure;
  }

  /** The text, or its start and an ellipsis, so that it is at most `width` wide. */
  fit(text: string, font: string, width: number): string {
    const cut = (): readonly string[] => [cutText(text, width, (part) => this.#measure(part, font))];
    return this.#remember(`${font}\u0000${Math.round(width)}\u0000${text}`, cut)[0] ?? '';
  }

  /** Breaks text into at most `lines` lines of `width`; the last one takes an ellipsis when there is more. Lines of the text itself are kept. */
  wrap(text: string, font: string, width: number, lines: number): readonly string[] {
    const start = text.slice(0, 4000);
    return this.#remember(`${lines}\u0000${font}\u0000${Math.round(width)}\u0000${start}`, () => breakLines(start, width, lines, (part) => this.#measure(part, font)));
  }

  /** Forgets everything; to be called when fonts change. */
  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }

  #remember(key: string, make: () => readonly string[]): readonly string[] {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const found = this.#old.get(key) ?? make();
    if (this.#young.size >= MAX_ENTRIES) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, found);
    return found;
  }
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
