import type { VNode } from 'preact';
import { useStudio } from '../studio/studio.ts';
import { readSeedMode, SEED_MODES, type SeedMode } from './seed-modes.ts';

/** What becomes of a seed when a run is started. Kept with the layout: the graph's results depend on the seed alone. */
export function SeedModeChoice({ node, param }: { readonly node: string; readonly param: string }): VNode {
  const { documents } = useStudio();
  const mode = readSeedMode(documents.view.value.node(node), param);
  const set = (value: SeedMode): void => {
    documents.dispatch({ type: 'set-seed-mode', node, param, mode: value === 'fixed' ? undefined : value });
  };
  return (
    <div class="field-line">
      <select aria-label={`When a run starts, ${param}`} value={mode} onChange={(event) => set(event.currentTarget.value as SeedMode)}>
        {SEED_MODES.map(({ id, label }) => <option key={id} value={id}>{label}</option>)}
      </select>
    </div>
  );
}
