import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Button } from '../../panels/kit/button.tsx';
import { Dialog } from '../../panels/kit/dialog.tsx';
import { Tabs } from '../../panels/kit/tabs.tsx';
import { useStudio } from '../../panels/studio/studio.ts';
import { KeySettings } from './key-settings.tsx';
import { ProgramSettingsForm } from './program-settings.tsx';

const PAGES = ['Appearance', 'Canvas', 'Keys', 'Program'] as const;

/** Theme, size, canvas habits, keys, and what the program as a whole uses. */
export function SettingsDialog({ onClose }: { readonly onClose: () => void }): VNode {
  const [page, setPage] = useState<(typeof PAGES)[number]>('Appearance');
  return (
    <Dialog title="Settings" wide onClose={onClose}>
      <Tabs label="Settings" tabs={PAGES} value={page} onChange={setPage} />
      <div role="tabpanel" aria-label={page}>
        {page === 'Appearance' && <Appearance />}
        {page === 'Canvas' && <CanvasHabits />}
        {page === 'Keys' && <KeySettings />}
        {page === 'Program' && <ProgramSettingsForm />}
      </div>
    </Dialog>
  );
}

function Setting({ label, children }: { readonly label: string; readonly children: ComponentChildren }): VNode {
  return <label class="setting"><span>{label}</span>{children}</label>;
}

function Appearance(): VNode {
  const { preferences } = useStudio();
  const { theme, scale } = preferences.values;
  return (
    <>
      <Setting label="Theme">
        <select value={theme.value} onChange={(event) => preferences.set('theme', event.currentTarget.value as typeof theme.value)}>
          <option value="system">As the system</option><option value="dark">Dark</option><option value="light">Light</option><option value="contrast">High contrast</option>
        </select>
      </Setting>
      <Setting label="Size of everything">
        <span class="row"><input type="range" min={0.7} max={2.5} step={0.05} value={scale.value} onChange={(event) => preferences.set('scale', Number(event.currentTarget.value))} /><span class="numeric">{Math.round(scale.value * 100)}%</span>
          <Button label="100%" onClick={() => preferences.set('scale', 1)} /></span>
      </Setting>
    </>
  );
}

function CanvasHabits(): VNode {
  const { preferences } = useStudio();
  const { dragOnNothing, wheel, minimap } = preferences.values;
  return (
    <>
      <Setting label="Dragging on nothing">
        <select value={dragOnNothing.value} onChange={(event) => preferences.set('dragOnNothing', event.currentTarget.value as typeof dragOnNothing.value)}>
          <option value="pan">moves the canvas (Shift selects)</option><option value="select">selects (Space moves the canvas)</option>
        </select>
      </Setting>
      <Setting label="The wheel">
        <select value={wheel.value} onChange={(event) => preferences.set('wheel', event.currentTarget.value as typeof wheel.value)}>
          <option value="zoom">zooms</option><option value="pan">moves the canvas (Ctrl zooms)</option>
        </select>
      </Setting>
      <Setting label="Minimap"><input type="checkbox" role="switch" checked={minimap.value} onChange={(event) => preferences.set('minimap', event.currentTarget.checked)} /></Setting>
    </>
  );
}
