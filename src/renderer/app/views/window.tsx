import { ArrowLeft, Maximize, ZoomIn, ZoomOut } from 'lucide';
import { dockPanel } from '../dock-panels.ts';
import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { Inspector } from '../../panels/inspector/inspector.tsx';
import { Button } from '../../panels/kit/button.tsx';
import { Menu } from '../../panels/kit/menu.tsx';
import { StudioContext } from '../../panels/studio/studio.ts';
import { Viewer } from '../../panels/gallery/viewer.tsx';
import { commandById, runCommand } from '../commands/index.ts';
import { useDrop } from '../drop.ts';
import { listenToClipboard } from '../clipboard.ts';
import { listenToKeys } from '../key-listener.ts';
import { WindowContext, useWindow, type WindowState } from '../window-context.ts';
import { CanvasView } from './canvas-view.tsx';
import { CommandPalette } from './command-palette.tsx';
import { Grip } from './grip.tsx';
import { Header } from './header.tsx';
import { LinkPalette } from './link-palette.tsx';
import { NoticeList } from './notices.tsx';
import { Palette } from './palette.tsx';
import { Rail } from './rail.tsx';
import { StatusBar } from './status-bar.tsx';

/** The whole window. */
export function StudioWindow({ state }: { readonly state: WindowState }): VNode {
  useEffect(() => listenToKeys(state), []);
  useEffect(() => listenToClipboard(state), []);
  return (
    <StudioContext.Provider value={state.studio}>
      <WindowContext.Provider value={state}>
        <Frame />
        <Overlays />
      </WindowContext.Provider>
    </StudioContext.Provider>
  );
}

function Frame(): VNode {
  const state = useWindow();
  const { studio } = state;
  const { preferences } = studio;
  return (
    <div class="window">
      <Header />
      <Rail />
      <Dock />
      <CanvasArea />
      {studio.documents.changedOutside.value && <ChangedOutside />}
      {preferences.values.inspector.value && (
        <aside class="inspector" aria-label="Inspector" style={{ width: `${preferences.values.inspectorWidth.value / 16}rem` }} onKeyDown={(event) => { if (event.key === 'Escape' && !event.defaultPrevented) state.focusCanvas(); }}>
          <Inspector onLink={(node, side, port) => { state.linking.value = { node, port: { side, port } }; }} />
          <Grip label="Width of the inspector" edge="left" width={preferences.values.inspectorWidth.value} min={220} max={720} onWidth={(width) => preferences.set('inspectorWidth', width)} />
        </aside>
      )}
      <StatusBar />
    </div>
  );
}

function Dock(): VNode | null {
  const { preferences } = useWindow().studio;
  const panel = dockPanel(preferences.values.dock.value);
  if (!panel) return null;
  const width = preferences.values.dockWidth.value;
  return (
    <aside class="dock" aria-label={panel.title} style={{ width: `${width / 16}rem` }}>
      <panel.view />
      <Grip label="Width of the panel" edge="right" width={width} min={240} max={1200} onWidth={(next) => preferences.set('dockWidth', next)} />
    </aside>
  );
}

function CanvasArea(): VNode {
  const state = useWindow();
  const { over, handlers } = useDrop(state);
  const run = (id: string) => (): void => {
    const command = commandById(id);
    if (command) runCommand(state, command);
  };
  return (
    <main class="canvas-area" {...handlers}>
      <CanvasView />
      <ScopeBar />
      <div class="canvas-tools" role="toolbar" aria-label="View">
        <Button quiet icon={ZoomOut} label="Zoom out" onClick={run('view.zoomOut')} />
        <Button quiet icon={Maximize} label="Fit the graph" onClick={run('view.fit')} />
        <Button quiet icon={ZoomIn} label="Zoom in" onClick={run('view.zoomIn')} />
      </div>
      {over && <div class="drop-veil">Drop to open the graph</div>}
    </main>
  );
}

/** Which sub-graph is open, and the way out. */
function ScopeBar(): VNode | null {
  const { documents } = useWindow().studio;
  const { scope, document } = documents.state.value;
  if (scope === undefined) return null;
  const { title } = (document.subgraphs?.[scope] ?? {}) as { title?: unknown };
  return (
    <div class="scope-bar">
      <Button quiet icon={ArrowLeft} label="Back to the graph" onClick={() => documents.editor.openScope(undefined)} />
      <strong>{typeof title === 'string' ? title : scope}</strong>
    </div>
  );
}

function ChangedOutside(): VNode {
  const { documents } = useWindow().studio;
  const { path } = documents.file.value;
  return (
    <div class="banner" role="alert">
      <span>This file was changed by another program.</span>
      <Button label="Load it" onClick={() => { if (path !== null) void documents.open(path); }} />
      <Button label="Keep mine" onClick={() => { documents.changedOutside.value = false; void documents.save(true); }} />
    </div>
  );
}

function Overlays(): VNode {
  const state = useWindow();
  const { palette, linking, commandPalette, menu, dialog, hint, studio } = state;
  const close = (): void => {
    menu.value = undefined;
  };
  return (
    <>
      {studio.viewing.value && <Viewer viewing={studio.viewing.value} />}
      {palette.value && <Palette request={palette.value} />}
      {linking.value && <LinkPalette request={linking.value} />}
      {commandPalette.value && <CommandPalette />}
      {dialog.value?.(() => { dialog.value = undefined; })}
      {menu.value && <Menu label={menu.value.label} entries={menu.value.entries} x={menu.value.clientX} y={menu.value.clientY} onClose={close} />}
      {hint.value && <div class="canvas-hint" role="tooltip" style={{ left: `${Math.min(hint.value.x + 14, window.innerWidth - 400)}px`, top: `${hint.value.y + 18}px` }}>{hint.value.text}</div>}
      <NoticeList />
    </>
  );
}
