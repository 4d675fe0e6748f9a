import type { Progress } from '../node.ts';
import type { PictureData } from './runs.ts';

/** A figure over steps: [step, value], steps rising. */
export type FigurePoints = readonly (readonly [number, number])[];

/** Points of one curve before every second one is dropped. */
const MOST_POINTS = 2000;

/** Bytes of samples, as base64, and how many, before every second one is dropped. */
const MOST_SAMPLE_BYTES = 16 * 1024 * 1024;
const MOST_SAMPLES = 200;

/** Curves with what a node has just told: points from before this run, and one more point each. */
export function withFigures(curves: Readonly<Record<string, FigurePoints>>, { done, figures, past }: Progress): Record<string, [number, number][]> {
  const next = Object.fromEntries(Object.entries(curves).map(([name, points]) => [name, points as [number, number][]]));
  const add = (name: string, step: number, value: number): void => {
    next[name] = withPoint(Object.hasOwn(next, name) ? next[name] as FigurePoints : [], step, value);
  };
  for (const [name, points] of Object.entries(past ?? {})) for (const [step, value] of points) add(name, step, value);
  for (const [name, value] of Object.entries(figures ?? {})) add(name, done, value);
  return next;
}

/** A curve with a point more. Steps that come again, after a checkpoint was taken up, replace what they were; long curves keep every n-th point and the last one. */
function withPoint(curve: FigurePoints, step: number, value: number): [number, number][] {
  const kept = curve.at(-1)?.[0] ?? -1;
  const before = (kept < step ? [...curve] : curve.filter(([at]) => at < step)) as [number, number][];
  const [first, second] = before;
  const last = before.at(-1);
  const stride = first === undefined || second === undefined ? 1 : second[0] - first[0];
  if (first !== undefined && last !== undefined && last !== first && (last[0] - first[0]) % stride !== 0) before.pop();
  before.push([step, value]);
  return before.length <= MOST_POINTS ? before : before.filter((_point, index) => index % 2 === 0 || index === before.length - 1);
}

/** What work in progress looked like at a step. */
export interface StepSample {
  readonly step: number;
  readonly label: string;
  readonly picture: PictureData;
}

/** Samples with one more; a step that comes again replaces what it was, and too many are thinned, the first and the last one kept. */
export function withSample(samples: readonly StepSample[], sample: StepSample): StepSample[] {
  const next = [...samples.filter(({ step }) => step < sample.step), sample, ...samples.filter(({ step }) => step > sample.step)];
  const bytes = next.reduce((sum, { picture }) => sum + picture.base64.length, 0);
  return next.length <= MOST_SAMPLES && bytes <= MOST_SAMPLE_BYTES ? next : next.filter((_sample, index) => index % 2 === 0 || index === next.length - 1);
}
