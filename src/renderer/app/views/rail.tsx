import type { VNode } from 'preact';
import { Button } from '../../panels/kit/button.tsx';
import { DOCK_PANELS } from '../dock-panels.ts';
import { useWindow } from '../window-context.ts';

/** The icons on the left; each opens its panel. */
export function Rail(): VNode {
  const { studio } = useWindow();
  const open = studio.preferences.values.dock.value;
  return (
    <nav class="rail" aria-label="Panels">
      {DOCK_PANELS.map(({ id, title, icon, badge }) => {
        const shown = badge?.(studio);
        return (
          <Button key={id} quiet icon={icon} label={shown === undefined ? title : `${title}, ${shown.text}`} pressed={open === id} onClick={() => studio.toggleDock(id)}>
            {shown && <span class={shown.bad ? 'badge error' : 'badge'} aria-hidden="true">{shown.count}</span>}
          </Button>
        );
      })}
    </nav>
  );
}
