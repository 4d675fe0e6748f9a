import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import UPlot from 'uplot';
import { figure } from '../kit/format.ts';
import { columns, type Curve } from './curves.ts';

/** A curve with its name; faint ones lie behind. */
export interface NamedCurve { readonly name: string; readonly points: Curve; readonly faint?: boolean }

const HEIGHT = 152;

/** Curves over steps; pressing and dragging zooms, a double click shows all. */
export function Chart({ label, curves }: { readonly label: string; readonly curves: readonly NamedCurve[] }): VNode {
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<UPlot | undefined>(undefined);
  const names = curves.map(({ name }) => name).join();
  useEffect(() => {
    const place = element.current;
    if (!place) return undefined;
    const plot = new UPlot(optionsFor(place, curves), columns(curves.map(({ points }) => points)), place);
    chart.current = plot;
    const sizes = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: HEIGHT }));
    sizes.observe(place);
    return () => {
      sizes.disconnect();
      plot.destroy();
    };
  }, [names]);
  useEffect(() => chart.current?.setData(columns(curves.map(({ points }) => points))), [curves]);
  const points = curves.at(-1)?.points;
  const [first, last] = [points?.at(0), points?.at(-1)];
  return <div ref={element} class="chart" role="img" aria-label={first && last ? `${label}: ${figure(last[1])} at step ${last[0]}, from step ${first[0]}` : label} />;
}

function optionsFor(place: HTMLElement, curves: readonly NamedCurve[]): UPlot.Options {
  const style = getComputedStyle(place);
  const color = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const axis = { stroke: color('text-3'), grid: { stroke: color('line'), width: 1 }, ticks: { stroke: color('line'), width: 1 }, font: `11px ${style.fontFamily}` };
  return {
    width: Math.max(100, place.clientWidth), height: HEIGHT, legend: { show: false }, cursor: { points: { size: 6 } },
    scales: { x: { time: false } },
    axes: [axis, { ...axis, size: 56, values: (_plot, values) => values.map((value) => (value === null ? '' : figure(value))) }],
    series: [{}, ...curves.map(({ name, faint }) => ({ label: name, stroke: faint === true ? color('line-strong') : color('accent'), width: faint === true ? 1 : 1.75, points: { show: false } }))],
  };
}
