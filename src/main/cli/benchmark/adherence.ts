import type { HeldOutCaption } from './data.ts';
import { BENCHMARK_METHODS } from './methods.ts';
import type { BenchmarkPlace } from './identity-benchmark.ts';
import { renderJobs, type Rendered } from './render.ts';
import { addTallies, mean, sharesOf, tallyOf, type Tally } from './score.ts';

/** How well a backbone follows captions, without any table. */
export interface AdherenceResult {
  readonly captions: number;
  /** Share of pictures as asked, by attribute. */
  readonly shares: Readonly<Record<string, number>>;
  /** How often an attribute was asked for. */
  readonly asked: Readonly<Record<string, number>>;
  readonly mean: number;
  readonly worst: number;
  readonly pictures: readonly Rendered[];
}

function pick<T>(list: readonly T[], captions: readonly HeldOutCaption[], figures: number): T[] {
  return list.filter((_, index) => captions[index]?.figures.length === figures);
}

/** Renders captions with the bare backbone and asks the probes for what the captions asked for; of two figures each is looked at alone. */
export async function measureAdherence(captions: readonly HeldOutCaption[], place: Omit<BenchmarkPlace, 'data'>): Promise<AdherenceResult> {
  const { probes, sessions } = place;
  const [first] = BENCHMARK_METHODS;
  const run = await renderJobs(place, place.backbone, first, [], [{ id: 'adherence', prompts: captions.map(({ text }) => text), seeds: [place.seeds[0] ?? 1] }]);
  const pictures = run.pictures['adherence'] ?? [];
  const images = pictures.map(({ image }) => image);
  const tallies: Tally[] = [tallyOf(await probes.read(sessions, images), captions.map(({ scene, figures }) => (figures.length === 1 ? { ...scene, ...figures[0] } : scene)))];
  for (const [side, view] of [[0, 'left'], [1, 'right']] as const) {
    tallies.push(tallyOf(await probes.read(sessions, pick(images, captions, 2), view), pick(captions, captions, 2).map(({ figures }) => figures[side] ?? {})));
  }
  const tally = addTallies(tallies);
  const shares = sharesOf(tally);
  return {
    captions: captions.length, shares, asked: Object.fromEntries(Object.entries(tally).map(([attribute, { asked }]) => [attribute, asked])),
    mean: mean(Object.values(shares)), worst: Math.min(...Object.values(shares)), pictures,
  };
}
