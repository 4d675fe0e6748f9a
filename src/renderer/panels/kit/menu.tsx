import { Check, type IconNode } from 'lucide';
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon } from './icon.tsx';

/** One line of a menu. */
export interface MenuItem {
  readonly label: string;
  readonly icon?: IconNode;
  readonly keys?: string | undefined;
  readonly disabled?: boolean;
  readonly checked?: boolean;
  readonly danger?: boolean;
  readonly run: () => void;
}

/** Items, and lines between them. */
export type MenuEntry = MenuItem | 'line';

interface MenuProps {
  readonly label: string;
  readonly entries: readonly MenuEntry[];
  /** Window pixels. */
  readonly x: number;
  readonly y: number;
  readonly onClose: () => void;
}

const MARGIN = 8;

/** A menu at a point: arrow keys, Home, End, first letters, Enter, Escape. Labels are text, whatever they hold. */
export function Menu({ label, entries, x, y, onClose }: MenuProps): VNode {
  const list = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState({ left: x, top: y });
  useLayoutEffect(() => {
    const bounds = list.current?.getBoundingClientRect();
    if (bounds) setPlace({ left: Math.max(MARGIN, Math.min(x, window.innerWidth - bounds.width - MARGIN)), top: Math.max(MARGIN, Math.min(y, window.innerHeight - bounds.height - MARGIN)) });
  }, [x, y, entries]);
  useEffect(() => {
    const before = document.activeElement;
    itemsIn(list.current)[0]?.focus();
    return () => { if (before instanceof HTMLElement && document.activeElement === document.body) before.focus(); };
  }, []);
  const onKeyDown = (event: KeyboardEvent): void => {
    event.stopPropagation();
    if (event.key === 'Escape' || event.key === 'Tab') {
      event.preventDefault();
      onClose();
    } else if (moveFocus(itemsIn(list.current), event.key)) event.preventDefault();
  };
  return (
    <div class="menu-veil" onPointerDown={(event) => { if (event.target === event.currentTarget) onClose(); }} onContextMenu={(event) => { event.preventDefault(); onClose(); }}>
      <div ref={list} class="menu" role="menu" aria-label={label} style={{ left: `${place.left}px`, top: `${place.top}px` }} onKeyDown={onKeyDown}>
        {entries.map((entry, index) => (entry === 'line' ? <hr key={index} /> : <MenuLine key={index} item={entry} onClose={onClose} />))}
      </div>
    </div>
  );
}

function MenuLine({ item, onClose }: { readonly item: MenuItem; readonly onClose: () => void }): VNode {
  const run = (): void => {
    onClose();
    item.run();
  };
  return (
    <button type="button" class={item.danger === true ? 'menu-item danger' : 'menu-item'} role={item.checked === undefined ? 'menuitem' : 'menuitemcheckbox'} aria-checked={item.checked} disabled={item.disabled === true} tabIndex={-1} onClick={run}
      onPointerEnter={(event) => event.currentTarget.focus()}>
      <span class="menu-icon">{item.checked === true ? <Icon icon={Check} size={14} /> : item.icon && <Icon icon={item.icon} size={14} />}</span>
      <span class="menu-label">{item.label}</span>
      {item.keys !== undefined && item.keys !== '' && <kbd>{item.keys}</kbd>}
    </button>
  );
}

function itemsIn(list: HTMLElement | null): HTMLButtonElement[] {
  return [...list?.querySelectorAll<HTMLButtonElement>('.menu-item:not(:disabled)') ?? []];
}

/** Moves the focus among items by key. @returns whether the key was one of these. */
export function moveFocus(items: readonly HTMLElement[], key: string): boolean {
  const now = items.findIndex((item) => item === document.activeElement);
  const next = nextIndex(items.map((item) => item.textContent ?? ''), now, key);
  if (next === undefined) return false;
  items[next]?.focus();
  return true;
}

/** Which item a key leads to: arrows go around, letters find what starts with them; undefined for other keys. */
export function nextIndex(labels: readonly string[], now: number, key: string): number | undefined {
  const { length } = labels;
  if (length === 0) return undefined;
  if (key === 'ArrowDown') return (now + 1) % length;
  if (key === 'ArrowUp') return (now - 1 + length) % length;
  if (key === 'Home') return 0;
  if (key === 'End') return length - 1;
  if (key.length !== 1 || key === ' ') return undefined;
  for (let step = 1; step <= length; step++) {
    const index = (now + step) % length;
    if (labels[index]?.trim().toLowerCase().startsWith(key.toLowerCase()) === true) return index;
  }
  return undefined;
}
