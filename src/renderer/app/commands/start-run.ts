import { readSeedMode } from '../../panels/inspector/seed-modes.ts';
import { nextSeed, randomSeed } from '../../panels/inspector/seed-field.tsx';
import type { Studio } from '../../panels/studio/studio.ts';

/** Starts a run; faults keep it from starting and are shown, all at once. Seeds that are to change do so first. */
export async function startRun(studio: Studio, targets?: readonly string[], next = false): Promise<void> {
  changeSeeds(studio);
  const faults = await studio.notices.attempt(() => studio.documents.validate());
  if (!faults) return;
  if (faults.length > 0) {
    studio.showDock('faults');
    return;
  }
  await studio.runs.start(targets, next);
}

/** Changes every seed whose node says so, as one step of undo. */
function changeSeeds({ documents }: Studio): void {
  const { editor } = documents;
  editor.transaction('Change seeds', (dispatch) => {
    for (const [id, node] of Object.entries(editor.view.nodes)) {
      for (const [param, schema] of Object.entries(editor.view.schema(id)?.params ?? {})) {
        const mode = readSeedMode(node, param);
        if (mode === 'fixed') continue;
        const change = mode === 'random' ? randomSeed : nextSeed;
        const value: unknown = Object.hasOwn(node.params, param) ? node.params[param] : schema.default;
        if (schema.kind === 'seed' && typeof value === 'number') dispatch({ type: 'set-param', node: id, param, value: change(value) });
        else if (schema.kind === 'integer-list' && schema.seeds === true && Array.isArray(value)) dispatch({ type: 'set-param', node: id, param, value: value.map((seed) => change(Number(seed))) });
      }
    }
  });
}
