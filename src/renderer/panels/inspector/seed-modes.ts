import type { GraphNode } from '../../../contract/graph-file.ts';

/** What may become of a seed when a run is started. */
export const SEED_MODES = [
  { id: 'fixed', label: 'Keep for every run' },
  { id: 'increment', label: 'One more with every run' },
  { id: 'random', label: 'Draw anew for every run' },
] as const;
export type SeedMode = (typeof SEED_MODES)[number]['id'];

/** What a node's layout says of a seed; anything odd is `fixed`. */
export function readSeedMode(node: GraphNode | undefined, param: string): SeedMode {
  const modes: unknown = node?.ui?.['seedModes'];
  const mode: unknown = typeof modes === 'object' && modes !== null && Object.hasOwn(modes, param) ? (modes as Record<string, unknown>)[param] : undefined;
  return SEED_MODES.find(({ id }) => id === mode)?.id ?? 'fixed';
}
