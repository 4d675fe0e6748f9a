import type { IconNode } from 'lucide';
import type { WindowState } from '../window-context.ts';

/** Something that a person can do: by key, menu, button or the command palette. */
export interface StudioCommand {
  /** Stable: keys are bound to it. `area.verb`. */
  readonly id: string;
  readonly title: string;
  readonly icon?: IconNode;
  /** Key combinations that it has until they are changed: `Mod+S`; Mod is Command on a Mac, Control elsewhere. */
  readonly keys?: readonly string[];
  /** Its keys only count while the canvas has the focus. */
  readonly onCanvas?: boolean;
  /** Its keys count in text fields too. */
  readonly inFields?: boolean;
  /** The system's own key for it is left to the system, which tells us of it. */
  readonly native?: boolean;
  /** Left out of the command palette. */
  readonly hidden?: boolean;
  readonly enabled?: (window: WindowState) => boolean;
  readonly run: (window: WindowState) => void | Promise<unknown>;
}
