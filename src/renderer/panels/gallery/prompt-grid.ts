import type { Result } from '../../../contract/studio-api.ts';

/** Pictures in rows of one prompt and columns of one seed. */
export interface PromptGrid {
  readonly prompts: readonly string[];
  readonly seeds: readonly number[];
  /** Of a prompt's row and a seed's column: one picture for each node that made one, the newest of each. */
  readonly cells: readonly (readonly (readonly Result[])[])[];
}

/** A run that has made pictures. */
export interface RunOfResults {
  readonly runId: string;
  readonly graphName: string;
  readonly createdAt: number;
}

/** The runs that results are of, newest first, each with the time of its newest result. */
export function runsOf(results: readonly Result[]): readonly RunOfResults[] {
  const runs = new Map<string, RunOfResults>();
  for (const { runId, graphName, createdAt } of results) {
    const known = runs.get(runId);
    if (!known || known.createdAt < createdAt) runs.set(runId, { runId, graphName, createdAt });
  }
  return [...runs.values()].sort((a, b) => b.createdAt - a.createdAt);
}

/** Lays pictures out by prompt and seed; those that don't say both of themselves, contact sheets for one, have no place. Prompts in the order in which they were made, seeds by number. */
export function promptGrid(results: readonly Result[]): PromptGrid {
  const placed = results.filter((result): result is Result & { prompt: string; seed: number } => result.kind === 'image' && result.prompt !== undefined && result.seed !== undefined)
    .sort((a, b) => a.createdAt - b.createdAt);
  const prompts = [...new Set(placed.map(({ prompt }) => prompt))];
  const seeds = [...new Set(placed.map(({ seed }) => seed))].sort((a, b) => a - b);
  const byPlace = new Map<string, Map<string, Result>>();
  for (const result of placed) {
    const place = JSON.stringify([result.prompt, result.seed]);
    const known = byPlace.get(place) ?? new Map<string, Result>();
    byPlace.set(place, known.set(result.node, result));
  }
  return { prompts, seeds, cells: prompts.map((prompt) => seeds.map((seed) => [...(byPlace.get(JSON.stringify([prompt, seed]))?.values() ?? [])])) };
}
