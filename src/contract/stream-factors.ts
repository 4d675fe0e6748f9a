/** Factor on what tables do in one text stream. */
export interface StreamFactor {
  readonly stream: string;
  /** 0 turns the stream off, 1 is as trained. */
  readonly factor: number;
}

/** Range of a factor: that of a table's whole strength. */
export const STREAM_FACTOR_RANGE = { min: -4, max: 4 } as const;

/** Whether a factor lies in {@link STREAM_FACTOR_RANGE}. */
export function isStreamFactor(factor: number): boolean {
  return factor >= STREAM_FACTOR_RANGE.min && factor <= STREAM_FACTOR_RANGE.max;
}

const LINE = /^\s*([^=\s]+)\s*=\s*([-+]?[0-9]*\.?[0-9]+)\s*$/;

/** Reads a line STREAM=FACTOR; undefined for one of another form. */
export function parseStreamFactor(line: string): StreamFactor | undefined {
  const [, stream, factor] = LINE.exec(line) ?? [];
  return stream === undefined ? undefined : { stream, factor: Number(factor) };
}

/** Lines with one stream's factor set: its line is replaced, or added at the end; none is left for 1, which is what a stream that isn't named has. Other lines stay as they are. */
export function withStreamFactor(lines: readonly string[], { stream, factor }: StreamFactor): string[] {
  const isOwn = (line: string): boolean => parseStreamFactor(line)?.stream === stream;
  const at = lines.findIndex(isOwn);
  // Six digits: what a slider's steps add up to, without their rounding.
  const own = factor === 1 ? [] : [`${stream}=${Number(factor.toFixed(6))}`];
  const others = lines.filter((line) => !isOwn(line));
  return at === -1 ? [...others, ...own] : [...others.slice(0, at), ...own, ...others.slice(at)];
}
