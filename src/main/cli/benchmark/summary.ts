import { mean } from './score.ts';
import type { IdentityData } from './data.ts';
import { addLeaks, type StreamLeak } from './leak.ts';
import { chanceOf, type IdentityResult, type PairResult } from './identity-benchmark.ts';

/** Mean over identities and the worst of them. */
export interface Figure {
  readonly mean: number;
  readonly worst: number;
}

/** The figures of one method over all identities. Shares are 0..1. */
export interface MethodSummary {
  readonly method: string;
  /** Agreement on the attributes that count; null when no identity has any. */
  readonly identity: Figure | null;
  /** What drawings of anybody reach on the same attributes. */
  readonly identityChance: number | null;
  readonly mark: Figure;
  readonly markChance: number;
  readonly scene: Figure;
  /** Mean feature distance between seeds. */
  readonly diversity: Figure;
}

/** The benchmark's answer as data. */
export interface BenchmarkSummary {
  readonly backbone: string;
  readonly seeds: readonly number[];
  readonly methods: readonly MethodSummary[];
  readonly identities: readonly {
    readonly name: string; readonly trigger: string; readonly counted: readonly string[];
    readonly methods: Readonly<Record<string, { readonly identity: number | null; readonly mark: number; readonly scene: number; readonly diversity: number; readonly attributes: Readonly<Record<string, number>> }>>;
    readonly chance: Readonly<Record<string, number>>;
  }[];
  readonly leak: { readonly controls: number; readonly controlsWithSpans: number; readonly changedPictures: number; readonly changedStates: number; readonly singleWords: number; readonly changedBySingleWords: number; readonly streams: Readonly<Record<string, StreamLeak>> };
  readonly pairs: readonly { readonly left: string; readonly right: string; readonly worstLoss: number; readonly leftFigure: number; readonly rightFigure: number; readonly scene: number }[];
  readonly probeAccuracy: Readonly<Record<string, number>>;
}

function figureOf(values: readonly number[]): Figure {
  return { mean: mean(values), worst: Math.min(...values) };
}

function methodSummary(method: string, results: readonly IdentityResult[], data: IdentityData): MethodSummary {
  const scores = results.map((result) => result.methods.find((score) => score.method === method)).filter((score) => score !== undefined);
  const identities = scores.map(({ agreement }) => agreement.identity).filter((value) => value !== undefined);
  const chances = results.flatMap(({ identity, methods }) => {
    const chance = chanceOf(identity, data);
    const counted = methods[0]?.agreement.counted ?? [];
    return counted.length === 0 ? [] : [mean(counted.map((attribute) => chance[attribute] ?? 0))];
  });
  return {
    method, identity: identities.length === 0 ? null : figureOf(identities), identityChance: chances.length === 0 ? null : mean(chances),
    mark: figureOf(scores.map(({ agreement }) => agreement.mark)), markChance: mean(results.map(({ identity }) => chanceOf(identity, data)['mark'] ?? 0)),
    scene: figureOf(scores.map(({ scene }) => scene)), diversity: figureOf(scores.map(({ diversity }) => diversity)),
  };
}

/** Brings all results to figures. */
export function summarize(backbone: string, seeds: readonly number[], results: readonly IdentityResult[], pairs: readonly PairResult[], data: IdentityData, probeAccuracy: Readonly<Record<string, number>>): BenchmarkSummary {
  const names = results[0]?.methods.map(({ method }) => method) ?? [];
  const leaks = results.flatMap((result) => result.leaks);
  const total = (value: (leak: (typeof leaks)[number]) => number): number => leaks.reduce((sum, leak) => sum + value(leak), 0);
  return {
    backbone, seeds, probeAccuracy, methods: names.map((name) => methodSummary(name, results, data)),
    identities: results.map(({ identity, methods }) => ({
      name: identity.name, trigger: identity.trigger, counted: methods[0]?.agreement.counted ?? [], chance: chanceOf(identity, data),
      methods: Object.fromEntries(methods.map(({ method, agreement, scene, diversity }) => [method, { identity: agreement.identity ?? null, mark: agreement.mark, scene, diversity, attributes: agreement.shares }])),
    })),
    leak: {
      controls: total(({ controls }) => controls), controlsWithSpans: total(({ controlsWithSpans }) => controlsWithSpans), changedPictures: total(({ changedPictures }) => changedPictures),
      changedStates: total(({ changedStates }) => changedStates), singleWords: total(({ singleWords }) => singleWords), changedBySingleWords: total(({ changedBySingleWords }) => changedBySingleWords),
      streams: addLeaks(leaks.map(({ streams }) => streams)),
    },
    pairs: pairs.map(({ left, right, alone, together, leftFigure, rightFigure, scene }) => ({
      left, right, leftFigure, rightFigure, scene, worstLoss: Math.max(...Object.keys(alone).map((name) => (alone[name] as number) - (together[name] as number))),
    })),
  };
}

/** A share in per cent. */
export function percent(share: number | null): string {
  return share === null ? '–' : `${(share * 100).toFixed(1)}%`;
}

/** The summary as lines for a terminal: means and worst, with the level of chance beside. */
export function printSummary(summary: BenchmarkSummary): string[] {
  const { leak } = summary;
  const lines = [
    `backbone ${summary.backbone}, ${summary.identities.length} identities, seeds ${summary.seeds.join(', ')}`,
    `${'method'.padEnd(10)} ${'identity'.padEnd(24)} ${'mark'.padEnd(24)} ${'scene'.padEnd(16)} diversity`,
  ];
  const pair = (figure: Figure | null): string => (figure === null ? '–' : `${percent(figure.mean)} (worst ${percent(figure.worst)})`);
  for (const { method, identity, mark, scene, diversity } of summary.methods) lines.push(`${method.padEnd(10)} ${pair(identity).padEnd(24)} ${pair(mark).padEnd(24)} ${pair(scene).padEnd(16)} ${diversity.mean.toFixed(3)}`);
  const [first] = summary.methods;
  if (first) lines.push(`${'chance'.padEnd(10)} ${percent(first.identityChance).padEnd(24)} ${percent(first.markChance)}`);
  lines.push(`leak: ${leak.changedPictures} of ${leak.controls} pictures without a registered span changed, ${leak.changedStates} of their text states (${leak.controlsWithSpans} controls left out, which hold a span); ${leak.changedBySingleWords} of ${leak.singleWords} prompts with one word of a trigger changed`);
  for (const [id, { clean, withSpans, changed }] of Object.entries(leak.streams)) lines.push(`leak in ${id}: states of ${changed} of ${clean} prompts without its spans changed; in ${withSpans} more one stands`);
  for (const { left, right, worstLoss, leftFigure, rightFigure, scene } of summary.pairs) {
    lines.push(`${left} + ${right}: one named loses at most ${(worstLoss * 100).toFixed(1)} points; side by side ${percent(leftFigure)} and ${percent(rightFigure)}, scene ${percent(scene)}`);
  }
  return lines;
}
