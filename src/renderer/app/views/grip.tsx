import type { VNode } from 'preact';

interface GripProps {
  readonly label: string;
  readonly width: number;
  readonly min: number;
  readonly max: number;
  /** Which edge of the panel the grip is on. */
  readonly edge: 'left' | 'right';
  readonly onWidth: (width: number) => void;
}

const KEY_STEP = 24;

/** An edge that is dragged, or moved with the arrow keys, to make a panel wider. Widths are CSS pixels at UI scale 1. */
export function Grip({ label, width, min, max, edge, onWidth }: GripProps): VNode {
  const set = (next: number): void => onWidth(Math.round(Math.min(max, Math.max(min, next))));
  const sign = edge === 'right' ? 1 : -1;
  const onPointerDown = (event: PointerEvent): void => {
    const grip = event.currentTarget as HTMLElement;
    const [startX, startWidth] = [event.clientX, width];
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
    grip.setPointerCapture(event.pointerId);
    const stop = new AbortController();
    grip.addEventListener('pointermove', (move) => set(startWidth + sign * (move.clientX - startX) / rem), { signal: stop.signal });
    for (const end of ['pointerup', 'pointercancel'] as const) grip.addEventListener(end, () => stop.abort(), { signal: stop.signal });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    event.preventDefault();
    set(width + sign * (event.key === 'ArrowRight' ? KEY_STEP : -KEY_STEP));
  };
  return <div class="grip" role="separator" aria-orientation="vertical" aria-label={label} aria-valuenow={width} aria-valuemin={min} aria-valuemax={max} tabIndex={0} onPointerDown={onPointerDown} onKeyDown={onKeyDown} />;
}
