import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core';
import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks';
import type { Result } from '../../../contract/studio-api.ts';

const TILE = 132;
const CAPTION = 22;
const PADDING = 8;

interface ResultGridProps {
  readonly count: number;
  readonly item: (index: number) => Result | undefined;
  readonly picked: readonly string[];
  readonly onOpen: (result: Result, index: number) => void;
  readonly onPick: (id: string) => void;
  readonly draw: (result: Result) => ComponentChildren;
}

/** A grid that draws only the rows that are seen. Enter or a press opens; Control with either picks for comparison. Arrow keys walk. */
export function ResultGrid({ count, item, picked, onOpen, onPick, draw }: ResultGridProps): VNode {
  const scroller = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [focused, setFocused] = useState(0);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    const sizes = new ResizeObserver(() => setWidth(element.clientWidth));
    sizes.observe(element);
    setWidth(element.clientWidth);
    return () => sizes.disconnect();
  }, []);
  const columns = Math.max(1, Math.floor((width - 2 * PADDING) / TILE));
  const size = (width - 2 * PADDING) / columns;
  const rows = useRows(scroller, Math.ceil(count / columns), size + CAPTION);
  const go = (event: KeyboardEvent): void => {
    const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
    const step = Object.hasOwn(steps, event.key) ? steps[event.key] : undefined;
    if (step === undefined) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(count - 1, focused + step));
    setFocused(next);
    rows.scrollToIndex(Math.floor(next / columns));
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus());
  };
  return (
    <div ref={scroller} class="grid-scroll" role="listbox" aria-label="Results" aria-multiselectable="true" onKeyDown={go}>
      <div class="grid-inner" role="presentation" style={{ height: `${rows.getTotalSize()}px` }}>
        {width > 0 && rows.getVirtualItems().flatMap((row) => Array.from({ length: Math.min(columns, count - row.index * columns) }, (_none, column) => {
          const index = row.index * columns + column;
          const result = item(index);
          const press = (event: MouseEvent): void => {
            setFocused(index);
            if (result && (event.ctrlKey || event.metaKey || event.shiftKey)) onPick(result.id);
            else if (result) onOpen(result, index);
          };
          return (
            <button key={index} type="button" class="tile" role="option" data-index={index} tabIndex={index === focused ? 0 : -1} aria-selected={result !== undefined && picked.includes(result.id)} aria-setsize={count} aria-posinset={index + 1}
              style={{ left: `${PADDING + column * size}px`, top: `${row.start}px`, width: `${size}px` }} onClick={press} onFocus={() => setFocused(index)}>
              {result ? draw(result) : <span class="frame" />}
            </button>
          );
        }))}
      </div>
    </div>
  );
}

/** Which rows are seen. */
function useRows(scroller: preact.RefObject<HTMLDivElement | null>, count: number, height: number): Virtualizer<HTMLDivElement, Element> {
  const [, redraw] = useReducer((turn: number) => turn + 1, 0);
  const options = {
    count, estimateSize: () => height, overscan: 3, paddingStart: PADDING, getScrollElement: () => scroller.current, scrollToFn: elementScroll, observeElementRect, observeElementOffset, onChange: () => redraw(undefined),
  } as const;
  const [rows] = useState(() => new Virtualizer<HTMLDivElement, Element>(options));
  rows.setOptions(options);
  useEffect(() => rows._didMount(), []);
  useLayoutEffect(() => {
    rows._willUpdate();
    rows.measure();
  }, [count, height]);
  return rows;
}
