import type { Values } from '../../../src/main/cli/benchmark/data.ts';
import { openProbes, type ProbesConfig, type View } from '../../../src/main/cli/benchmark/probes.ts';
import { addTallies, sharesOf, tallyOf } from '../../../src/main/cli/benchmark/score.ts';
import type { RgbImage } from '../../../src/main/services/images/rgb-image.ts';
import type { ProofContext } from '../framework/proof.ts';
import { benchmarkFolder, drawWorld, HELD_OUT_SEED, type Drawings } from './benchmark.ts';
import { least } from './compare.ts';
import { openFolder, withSessions } from './workbench.ts';

/** An accuracy of 99 % is then known to half a point: every attribute is asked of most drawings. */
const DRAWINGS = 1000;

/** What the committed probes are worth. */
export interface ProbeAccuracy {
  /** Held-out drawings that they were tried on. */
  readonly probeDrawings: number;
  /** Share of right answers by attribute. */
  readonly probeAccuracy: Readonly<Record<string, number>>;
  readonly probeAccuracyWorst: number;
}

interface Asked {
  readonly view: View;
  readonly pictures: readonly RgbImage[];
  readonly wanted: readonly Values[];
}

/** What probes may be asked, as in their training: all of a single figure; of two, each one's own attributes in its half, and the scene's in the whole picture. */
export function questionsOf({ images, figures }: Drawings, { sceneAttributes }: Pick<ProbesConfig, 'sceneAttributes'>): Asked[] {
  const some = (view: View, count: number, side: number, keep: (attribute: string) => boolean): Asked => {
    const places = images.flatMap((_, index) => (figures[index]?.length === count ? [index] : []));
    const wanted = places.map((index) => Object.fromEntries(Object.entries(figures[index]?.[side] ?? {}).filter(([attribute]) => keep(attribute))));
    return { view, pictures: places.map((index) => images[index] as RgbImage), wanted };
  };
  const isScene = (attribute: string): boolean => sceneAttributes.includes(attribute);
  return [some('whole', 1, 0, () => true), some('left', 2, 0, (name) => !isScene(name)), some('right', 2, 1, (name) => !isScene(name)), some('whole', 2, 0, isScene)];
}

/** Measures the committed probes afresh on drawings that no training saw. @throws Error when an attribute is never asked. */
export async function measureProbeAccuracy(context: ProofContext): Promise<ProbeAccuracy> {
  const probes = await openProbes(await openFolder(benchmarkFolder(context)));
  const questions = questionsOf(await drawWorld(context, 'probe-drawings', DRAWINGS, HELD_OUT_SEED), probes.config);
  const shares = await withSessions(async (sessions) => {
    const tallies = [];
    for (const { view, pictures, wanted } of questions) tallies.push(tallyOf(await probes.read(sessions, pictures, view), wanted));
    return sharesOf(addTallies(tallies));
  });
  const missing = Object.keys(probes.config.attributes).filter((attribute) => shares[attribute] === undefined);
  if (missing.length > 0) throw new Error(`No drawing tells ${missing.join(', ')}: their probes can't be judged`);
  return { probeDrawings: DRAWINGS, probeAccuracy: shares, probeAccuracyWorst: least(Object.values(shares)) };
}
