import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

const MARGIN = 8;

/** Something that opens below an element and closes with Escape or a press elsewhere. */
export function Popover({ anchor, onClose, children }: { readonly anchor: HTMLElement; readonly onClose: () => void; readonly children: ComponentChildren }): VNode {
  const element = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState({ left: 0, top: 0, width: 0 });
  useLayoutEffect(() => {
    const bounds = anchor.getBoundingClientRect();
    const own = element.current?.getBoundingClientRect();
    const height = own?.height ?? 0;
    const below = bounds.bottom + 4;
    const top = below + height > window.innerHeight - MARGIN ? Math.max(MARGIN, bounds.top - height - 4) : below;
    setPlace({ left: Math.max(MARGIN, Math.min(bounds.left, window.innerWidth - Math.max(own?.width ?? 0, bounds.width) - MARGIN)), top, width: bounds.width });
  }, [anchor]);
  useEffect(() => {
    const onDown = (event: PointerEvent): void => {
      if (event.target instanceof Node && !element.current?.contains(event.target) && !anchor.contains(event.target)) onClose();
    };
    document.addEventListener('pointerdown', onDown, true);
    return () => document.removeEventListener('pointerdown', onDown, true);
  }, []);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    onClose();
    anchor.focus();
  };
  return <div ref={element} class="popover" style={{ left: `${place.left}px`, top: `${place.top}px`, minWidth: `${place.width}px` }} onKeyDown={onKeyDown}>{children}</div>;
}
