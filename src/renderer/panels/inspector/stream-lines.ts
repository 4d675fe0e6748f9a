import { isStreamFactor, parseStreamFactor, STREAM_FACTOR_RANGE, type StreamFactor } from '../../../contract/stream-factors.ts';

/** A line that belongs to no text stream at hand. */
export interface LineBeside {
  readonly line: string;
  /** What it says, where that is a stream which the model was loaded without: a run takes it, and it does nothing. Other lines are refused. */
  readonly absent?: StreamFactor;
}

/** The lines that belong to none of the model's text streams, in their order. */
export function linesBeside(lines: readonly string[], streams: readonly string[], absent: readonly string[]): LineBeside[] {
  return lines.flatMap((line): LineBeside[] => {
    const read = parseStreamFactor(line);
    if (read === undefined) return [{ line }];
    if (streams.includes(read.stream)) return [];
    return [absent.includes(read.stream) ? { line, absent: read } : { line }];
  });
}

/** Why a run would refuse a factor; undefined for one that it takes. */
export function rangeFault(factor: number): string | undefined {
  return isStreamFactor(factor) ? undefined : `must be a number in ${STREAM_FACTOR_RANGE.min}..${STREAM_FACTOR_RANGE.max}`;
}
