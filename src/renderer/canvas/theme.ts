/** Colours and fonts of the canvas; all come from the style sheet's custom properties. */
export interface CanvasTheme {
  readonly background: string;
  readonly grid: string;
  readonly node: string;
  readonly title: string;
  readonly well: string;
  readonly line: string;
  readonly text: string;
  readonly text2: string;
  readonly text3: string;
  readonly accent: string;
  readonly ok: string;
  readonly warning: string;
  readonly error: string;
  readonly shade: string;
  readonly titleFont: string;
  readonly font: string;
  readonly smallFont: string;
  /** How far port colours are drawn towards the text colour, 0..1: pastel ports vanish on white. */
  readonly portMix: number;
}

const SANS = 'system-ui, "Segoe UI", "DejaVu Sans", sans-serif';

/** Reads the theme that the style sheet gives an element. */
export function readTheme(element: Element): CanvasTheme {
  const style = getComputedStyle(element);
  const value = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const family = value('font') || SANS;
  return {
    background: value('canvas'), grid: value('canvas-grid'), node: value('node'), title: value('node-title'), well: value('node-well'), line: value('node-line'),
    text: value('text'), text2: value('text-2'), text3: value('text-3'), accent: value('accent'), ok: value('ok'), warning: value('warning'), error: value('error'),
    shade: value('shade'), titleFont: `600 12.5px ${family}`, font: `12px ${family}`, smallFont: `11px ${family}`, portMix: Number(value('port-mix')) || 0,
  };
}

/** Mixes two `#rrggbb` colours: 0 gives the first. */
export function mixColors(first: string, second: string, share: number): string {
  const a = channels(first);
  const b = channels(second);
  return `rgb(${a.map((value, index) => Math.round(value + ((b[index] ?? 0) - value) * share)).join(', ')})`;
}

function channels(color: string): readonly number[] {
  const hex = /^#([0-9a-f]{6})$/i.exec(color)?.[1] ?? '808080';
  return [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
}
