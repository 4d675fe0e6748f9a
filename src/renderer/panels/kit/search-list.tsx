import { Search } from 'lucide';
import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon } from './icon.tsx';

interface SearchListProps<T> {
  readonly label: string;
  /** What matches a text, best first. */
  readonly find: (text: string) => readonly T[];
  readonly keyOf: (item: T) => string;
  readonly draw: (item: T) => ComponentChildren;
  readonly onChoose: (item: T) => void;
  readonly onClose?: () => void;
  readonly onActive?: (item: T | undefined) => void;
  /** Why an item can't be chosen; undefined when it can. */
  readonly reasonAgainst?: (item: T) => string | undefined;
  readonly none: string;
  readonly listClass?: string;
  readonly start?: number;
}

/** A search field over a list of options: arrows choose, Enter takes. The focus stays in the field, and the list says what is chosen. */
export function SearchList<T>({ label, find, keyOf, draw, onChoose, onClose, onActive, reasonAgainst, none, listClass = 'options', start = 0 }: SearchListProps<T>): VNode {
  const [text, setText] = useState('');
  const [active, setActive] = useState(start);
  const list = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  const items = find(text);
  const index = Math.min(active, items.length - 1);
  // Before the next key comes: who types at once loses no letter.
  useLayoutEffect(() => field.current?.focus(), []);
  useEffect(() => {
    list.current?.querySelector(`[data-index="${index}"]`)?.scrollIntoView({ block: 'nearest' });
    onActive?.(items[index]);
  }, [index, text]);
  const take = (item: T): void => { if (reasonAgainst?.(item) === undefined) onChoose(item); };
  const onKeyDown = (event: KeyboardEvent): void => {
    const last = items.length - 1;
    const moves: Record<string, number> = { ArrowDown: Math.min(last, index + 1), ArrowUp: Math.max(0, index - 1), PageDown: Math.min(last, index + 10), PageUp: Math.max(0, index - 10) };
    const to = Object.hasOwn(moves, event.key) ? moves[event.key] : undefined;
    const item = items[index];
    if (to !== undefined) setActive(to);
    else if (event.key === 'Enter' && item !== undefined) take(item);
    else if (event.key === 'Escape' && onClose) onClose();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <>
      <div class="search-field">
        <Icon icon={Search} size={14} />
        <input ref={field} type="text" role="combobox" aria-label={label} aria-expanded="true" aria-controls={id} aria-autocomplete="list" aria-activedescendant={items.length > 0 ? `${id}-${index}` : undefined}
          placeholder={label} spellcheck={false} autocomplete="off" value={text} onInput={(event) => { setText(event.currentTarget.value); setActive(0); }} onKeyDown={onKeyDown} />
      </div>
      <div ref={list} id={id} class={listClass} role="listbox" aria-label={label}>
        {items.map((item, at) => (
          <div key={keyOf(item)} id={`${id}-${at}`} data-index={at} class="option" role="option" aria-selected={at === index} aria-disabled={reasonAgainst?.(item) === undefined ? undefined : true} onPointerMove={() => setActive(at)} onClick={() => take(item)}>{draw(item)}</div>
        ))}
        {items.length === 0 && <div class="empty">{none}</div>}
      </div>
    </>
  );
}
