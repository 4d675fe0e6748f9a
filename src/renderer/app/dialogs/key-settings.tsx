import { RotateCcw, X } from 'lucide';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Button } from '../../panels/kit/button.tsx';
import { useStudio } from '../../panels/studio/studio.ts';
import type { StudioCommand } from '../commands/command.ts';
import { allCommands } from '../commands/registry.ts';
import { combinationOf, conflicts, keysOf, showCombination } from '../keys.ts';

const MODIFIERS: ReadonlySet<string> = new Set(['Control', 'Shift', 'Alt', 'Meta']);

/** The keys of every command: pressed anew, cleared, or as they came. */
export function KeySettings(): VNode {
  const { preferences } = useStudio();
  const own = preferences.values.keys.value;
  const commands = allCommands();
  const shared = conflicts(commands, own);
  const [waiting, setWaiting] = useState<string>();
  const set = (id: string, keys: readonly string[]): void => preferences.set('keys', { ...own, [id]: [...keys] });
  const reset = (id: string): void => preferences.set('keys', Object.fromEntries(Object.entries(own).filter(([name]) => name !== id)));
  const press = (event: KeyboardEvent, id: string): void => {
    if (waiting !== id || MODIFIERS.has(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    setWaiting(undefined);
    if (event.key !== 'Escape') set(id, [combinationOf(event)]);
  };
  return (
    <table class="table">
      <thead><tr><th>Command</th><th>Keys</th><th><span class="hidden-text">Change</span></th></tr></thead>
      <tbody>
        {commands.map((command: StudioCommand) => {
          const keys = keysOf(command, own);
          const clash = keys.flatMap((combination) => shared.get(combination) ?? []).find(({ id }) => id !== command.id);
          return (
            <tr key={command.id}>
              <td>{command.title}{clash && <div class="warning-text">same keys as {clash.title}</div>}</td>
              <td><button type="button" class="button" aria-label={`Change the keys of ${command.title}`} onClick={() => setWaiting(command.id)} onBlur={() => setWaiting(undefined)} onKeyDown={(event) => press(event, command.id)}>
                {waiting === command.id ? 'Press keys' : keys.length === 0 ? 'none' : keys.map(showCombination).join(', ')}</button></td>
              <td class="row"><Button quiet icon={X} label={`Clear the keys of ${command.title}`} disabled={keys.length === 0} onClick={() => set(command.id, [])} />
                <Button quiet icon={RotateCcw} label={`Reset the keys of ${command.title}`} disabled={!Object.hasOwn(own, command.id)} onClick={() => reset(command.id)} /></td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
