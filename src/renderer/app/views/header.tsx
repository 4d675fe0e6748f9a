import { ChevronDown, Command, FolderOpen, PanelRight, Pause, Play, Redo2, Save, Square, Undo2 } from 'lucide';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Button } from '../../panels/kit/button.tsx';
import { Icon } from '../../panels/kit/icon.tsx';
import type { MenuEntry } from '../../panels/kit/menu.tsx';
import { duration } from '../../words.ts';
import { commandById, runCommand } from '../commands/index.ts';
import { keysOf, showCombination } from '../keys.ts';
import { menuItem } from '../menu-item.ts';
import { useWindow } from '../window-context.ts';

/** The line on top: the file, undo, running. */
export function Header(): VNode {
  const state = useWindow();
  const { documents, preferences } = state.studio;
  const { name, readOnly } = documents.file.value;
  const { editor } = documents;
  void documents.state.value;
  const run = (id: string) => (): void => {
    const command = commandById(id);
    if (command) runCommand(state, command);
  };
  const keys = (id: string): string => {
    const command = commandById(id);
    return command ? keysOf(command, preferences.values.keys.value).map(showCombination)[0] ?? '' : '';
  };
  return (
    <header class="head">
      <Button quiet icon={FolderOpen} label="Open graph" keys={keys('file.open')} onClick={run('file.open')} />
      <Button quiet icon={Save} label="Save" keys={keys('file.save')} onClick={run('file.save')} />
      <FileMenu />
      <h1 class="file-name cut">{name}{documents.dirty.value && <span class="dirty" title="Not saved">●<span class="hidden-text">, not saved</span></span>}</h1>
      {readOnly && <span class="tag">shipped</span>}
      <span class="gap" />
      <Button quiet icon={Undo2} label={editor.undoName === undefined ? 'Undo' : `Undo: ${editor.undoName}`} keys={keys('edit.undo')} disabled={editor.undoName === undefined} onClick={run('edit.undo')} />
      <Button quiet icon={Redo2} label={editor.redoName === undefined ? 'Redo' : `Redo: ${editor.redoName}`} keys={keys('edit.redo')} disabled={editor.redoName === undefined} onClick={run('edit.redo')} />
      <span class="grow" />
      <RunControls />
      <span class="gap" />
      <Button quiet icon={Command} label="Command palette" keys={keys('view.commands')} onClick={run('view.commands')} />
      <Button quiet icon={PanelRight} label="Inspector" keys={keys('view.inspector')} pressed={preferences.values.inspector.value} onClick={run('view.inspector')} />
    </header>
  );
}

function FileMenu(): VNode {
  const state = useWindow();
  const open = (event: MouseEvent): void => {
    const bounds = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const ids = ['file.new', 'file.open', 'file.save', 'file.saveAs', 'file.history', 'studio.settings'];
    state.menu.value = { label: 'File', entries: ids.map((id): MenuEntry => menuItem(state, id)), clientX: bounds.left, clientY: bounds.bottom + 4 };
  };
  return <Button quiet menu icon={ChevronDown} label="File menu" onClick={open} />;
}

function RunControls(): VNode {
  const state = useWindow();
  const { runs } = state.studio;
  const active = runs.active.value;
  const paused = runs.run.value?.status === 'paused';
  const run = (id: string) => (): void => {
    const command = commandById(id);
    if (command) runCommand(state, command);
  };
  const more = (event: MouseEvent): void => {
    const bounds = (event.currentTarget as HTMLElement).getBoundingClientRect();
    state.menu.value = { label: 'Run', entries: ['run.start', 'run.toHere', 'run.next', 'run.plan', 'run.clear'].map((id): MenuEntry => menuItem(state, id)), clientX: bounds.right - 220, clientY: bounds.bottom + 4 };
  };
  return (
    <>
      <RunState />
      {active && <Button quiet icon={paused ? Play : Pause} label={paused ? 'Go on' : 'Pause'} onClick={run('run.pause')} />}
      {active && <Button icon={Square} label="Cancel" onClick={run('run.cancel')} />}
      <span class="joined">
        <Button primary icon={Play} label="Run" keys={showCombination('Mod+Enter')} onClick={run('run.start')} />
        <button type="button" class="button primary" aria-label="More ways to run" aria-haspopup="menu" onClick={more}><Icon icon={ChevronDown} size={14} /></button>
      </span>
    </>
  );
}


/** How far the run is, in words; read out when it changes state. */
function RunState(): VNode {
  const { runs } = useWindow().studio;
  const run = runs.run.value;
  const now = useSeconds(runs.active.value);
  if (!run) return <span class="run-state" role="status" />;
  const nodes = Object.values(run.nodes);
  const done = nodes.filter(({ state }) => state === 'done').length;
  const texts: Record<typeof run.status, string> = {
    waiting: 'waiting in the queue',
    running: `${done} of ${nodes.length} nodes${run.startedAt === undefined ? '' : `, ${duration(Math.max(0, now - run.startedAt) / 1000)}`}`,
    paused: `paused, ${done} of ${nodes.length} nodes`,
    done: `done${run.ms === undefined ? '' : ` in ${duration(run.ms / 1000)}`}`,
    failed: 'failed',
    cancelled: 'cancelled',
    interrupted: 'interrupted',
  };
  return <span class={run.status === 'failed' ? 'run-state cut error-text' : 'run-state cut'} role="status" data-run={run.runId} aria-live={run.status === 'running' ? 'off' : 'polite'}>{texts[run.status]}</span>;
}

/** Now, once a second while something goes on. */
function useSeconds(active: boolean): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!active) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [active]);
  return now;
}
