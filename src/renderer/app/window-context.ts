import { signal, type Signal } from '@preact/signals';
import { createContext, type ComponentChildren } from 'preact';
import { useContext } from 'preact/hooks';
import { internalError } from '../../contract/errors.ts';
import type { GraphCanvas } from '../canvas/graph-canvas.ts';
import type { PortName } from '../canvas/gestures/gesture.ts';
import type { MenuEntry } from '../panels/kit/menu.tsx';
import type { Studio } from '../panels/studio/studio.ts';

/** Where the node palette opens, and what it is to be linked to. */
export interface PaletteRequest {
  readonly clientX: number;
  readonly clientY: number;
  /** Graph units: where the node comes to stand. */
  readonly at: readonly [number, number];
  readonly link?: { readonly from: PortName; readonly side: 'input' | 'output' };
}

/** What is to be linked by choosing from lists: a port of a node, or with none, any of its ports. */
export interface LinkRequest { readonly node: string; readonly port?: { readonly side: 'input' | 'output'; readonly port: string } }

/** A menu that is open. */
export interface MenuRequest { readonly label: string; readonly entries: readonly MenuEntry[]; readonly clientX: number; readonly clientY: number }

/** A dialog that is open: made when asked for, so that every dialog starts fresh. */
export type DialogRequest = (close: () => void) => ComponentChildren;

/** What is open over the window, and the canvas. */
export class WindowState {
  readonly palette: Signal<PaletteRequest | undefined> = signal(undefined);
  readonly linking: Signal<LinkRequest | undefined> = signal(undefined);
  readonly commandPalette: Signal<boolean> = signal(false);
  readonly menu: Signal<MenuRequest | undefined> = signal(undefined);
  readonly dialog: Signal<DialogRequest | undefined> = signal(undefined);
  readonly hint: Signal<{ readonly text: string; readonly x: number; readonly y: number } | undefined> = signal(undefined);
  readonly canvasShown: Signal<GraphCanvas | undefined> = signal(undefined);

  constructor(readonly studio: Studio) {}

  /** The canvas, once it is on the screen. */
  get canvas(): GraphCanvas | undefined {
    return this.canvasShown.peek();
  }

  /** Whether something lies over the window that keys belong to. */
  get covered(): boolean {
    return this.palette.value !== undefined || this.linking.value !== undefined || this.commandPalette.value || this.menu.value !== undefined || this.dialog.value !== undefined;
  }

  /** Puts the keyboard back on the canvas. */
  focusCanvas(): void {
    document.querySelector<HTMLElement>('#graph-canvas')?.focus({ preventScroll: true });
  }
}

/** Hands the window's state to what lies over it. */
export const WindowContext = createContext<WindowState | undefined>(undefined);

/** The state of this window. */
export function useWindow(): WindowState {
  const state = useContext(WindowContext);
  if (!state) throw internalError('studio.no-context', 'Window', 'must be inside the window');
  return state;
}
