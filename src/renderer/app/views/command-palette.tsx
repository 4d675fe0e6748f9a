import type { VNode } from 'preact';
import { fuzzy } from '../../panels/kit/fuzzy.ts';
import { Icon } from '../../panels/kit/icon.tsx';
import { SearchList } from '../../panels/kit/search-list.tsx';
import type { StudioCommand } from '../commands/command.ts';
import { COMMANDS, runCommand } from '../commands/index.ts';
import { keysOf, showCombination } from '../keys.ts';
import { useWindow } from '../window-context.ts';
import { usePressOutside } from './press-outside.ts';

/** Every command by name, those used most first. */
export function CommandPalette(): VNode {
  const state = useWindow();
  const { preferences } = state.studio;
  const uses = preferences.values.commandUses.value;
  const commands = COMMANDS.filter((command) => command.hidden !== true && command.enabled?.(state) !== false)
    .sort((a, b) => (uses[b.id] ?? 0) - (uses[a.id] ?? 0));
  const close = (): void => {
    state.commandPalette.value = false;
    state.focusCanvas();
  };
  const choose = (command: StudioCommand): void => {
    close();
    preferences.count('commandUses', command.id);
    runCommand(state, command);
  };
  usePressOutside('.palette', close);
  return (
    <div class="palette commands" role="dialog" aria-label="Command palette">
      <SearchList label="Run a command" find={(text) => fuzzy(commands, text, ({ title }) => title)} keyOf={({ id }) => id} onChoose={choose} onClose={close} none="No command like that" listClass="palette-list"
        draw={(command) => (
          <>
            {command.icon ? <Icon icon={command.icon} size={14} /> : <span class="menu-icon" />}
            <span class="grow cut">{command.title}</span>
            <kbd>{keysOf(command, preferences.values.keys.value).map(showCombination).join('  ')}</kbd>
          </>
        )} />
    </div>
  );
}
