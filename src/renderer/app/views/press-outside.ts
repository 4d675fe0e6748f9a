import { useEffect } from 'preact/hooks';

/** Closes what lies over the window with a press outside of it. @param selector What it is in. */
export function usePressOutside(selector: string, close: () => void): void {
  useEffect(() => {
    const onDown = (event: PointerEvent): void => { if (!(event.target instanceof Element && event.target.closest(selector))) close(); };
    document.addEventListener('pointerdown', onDown, true);
    return () => document.removeEventListener('pointerdown', onDown, true);
  }, []);
}
