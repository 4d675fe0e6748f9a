import { describe, expect, it } from 'vitest';
import { withFigures, withSample, type FigurePoints, type StepSample } from '../../../src/contract/studio/figures.ts';

/** A curve of 1/step, told step by step. */
function told(steps: readonly number[], curves: Record<string, FigurePoints> = {}): FigurePoints {
  let known = curves;
  for (const done of steps) known = withFigures(known, { done, total: 9000, figures: { loss: 1 / done } });
  return known['loss'] ?? [];
}

const upTo = (steps: number): number[] => Array.from({ length: steps }, (_, index) => index + 1);

describe('figures over steps', () => {
  it('keeps every step of a short curve', () => {
    expect(told(upTo(50))).toEqual(upTo(50).map((step) => [step, 1 / step]));
  });

  it('thins a long curve evenly, its first and last point kept', () => {
    const curve = told(upTo(9001));
    expect(curve.length).toBeLessThanOrEqual(2001);
    expect(curve.length).toBeGreaterThan(900);
    expect([curve[0], curve.at(-1)]).toEqual([[1, 1], [9001, 1 / 9001]]);
    const gaps = curve.slice(1).map(([step], index) => step - curve[index]![0]);
    expect(new Set(gaps.slice(0, -1)).size).toBe(1);
  });

  it('takes the later value of steps that come again', () => {
    const curve = withFigures({ loss: told(upTo(10)) }, { done: 8, total: 10, figures: { loss: 5 } })['loss'];
    expect(curve?.map(([step]) => step)).toEqual(upTo(8));
    expect(curve?.at(-1)).toEqual([8, 5]);
  });

  it('takes up what was told before this run', () => {
    const curves = withFigures({}, { done: 3, total: 10, past: { loss: [[1, 9], [2, 8], [3, 7]] } });
    expect(withFigures(curves, { done: 4, total: 10, figures: { loss: 6 } })).toEqual({ loss: [[1, 9], [2, 8], [3, 7], [4, 6]] });
  });

  it('is not misled by names that objects have', () => {
    expect(withFigures({}, { done: 1, total: 2, figures: { constructor: 3 } })).toEqual({ constructor: [[1, 3]] });
  });
});

describe('samples of steps', () => {
  const sample = (step: number, bytes = 4): StepSample => ({ step, label: `step ${step}`, picture: { type: 'image/png', base64: 'A'.repeat(bytes) } });
  const all = (samples: readonly StepSample[]): StepSample[] => samples.reduce<StepSample[]>((known, one) => withSample(known, one), []);

  it('lie in the order of their steps, each step once', () => {
    expect(all([sample(5), sample(10), sample(5, 8)]).map(({ step, picture }) => [step, picture.base64.length])).toEqual([[5, 8], [10, 4]]);
  });

  it('are thinned when they are many or large; the first and the last one stay', () => {
    const many = all(upTo(901).map((step) => sample(step)));
    expect(many.length).toBeLessThanOrEqual(201);
    expect([many[0]?.step, many.at(-1)?.step]).toEqual([1, 901]);
    const large = all(upTo(40).map((step) => sample(step, 1024 * 1024)));
    expect(large.length).toBeLessThanOrEqual(17);
    expect(large.at(-1)?.step).toBe(40);
  });
});
