import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** A square matrix of values in -1..1 as colours: accent for 1, error for -1, surface for 0. */
export function Heat({ size, values, label }: { readonly size: number; readonly values: readonly number[]; readonly label: string }): VNode {
  const element = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const canvas = element.current;
    const c = canvas?.getContext('2d');
    if (!canvas || !c) return;
    const style = getComputedStyle(canvas);
    const [plus, minus] = [style.getPropertyValue('--accent').trim(), style.getPropertyValue('--error').trim()];
    c.clearRect(0, 0, size, size);
    values.forEach((value, index) => {
      c.globalAlpha = Math.min(1, Math.abs(value));
      c.fillStyle = value < 0 ? minus : plus;
      c.fillRect(index % size, Math.floor(index / size), 1, 1);
    });
  }, [size, values]);
  return <canvas ref={element} class="heat" width={size} height={size} role="img" aria-label={label} />;
}
