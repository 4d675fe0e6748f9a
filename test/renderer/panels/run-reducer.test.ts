import { describe, expect, it } from 'vitest';
import type { StudioRunEvent } from '../../../src/contract/studio-api.ts';
import { applyRunEvent, newRun, nodeOf, shownState } from '../../../src/renderer/panels/studio/run-reducer.ts';

function runOf(...events: StudioRunEvent[]): ReturnType<typeof newRun> {
  return events.reduce((run, event) => applyRunEvent(run, event, 1000), newRun('r', 'd'));
}

const START: StudioRunEvent = { type: 'run-start', nodes: ['a', 'constructor'] };

describe('what a node shows', () => {
  it('is what it told, until its run is over: then nothing waits or works any more', () => {
    const run = newRun('r', 'd');
    const started = applyRunEvent(applyRunEvent(run, { type: 'run-start', nodes: ['a', 'b', 'c'] }, 0), { type: 'node-start', nodeId: 'a', index: 0, total: 3, reason: { kind: 'first-run' } }, 0);
    const done = applyRunEvent(started, { type: 'node-done', nodeId: 'c', ms: 1, cached: false }, 0);
    const shown = (of: typeof run) => ['a', 'b', 'c', 'd'].map((id) => shownState(of.status, nodeOf(of, id)));
    expect(shown(done)).toEqual(['running', 'waiting', 'done', undefined]);
    expect(shown(applyRunEvent(done, { type: 'run-end', status: 'cancelled', ms: 5 }, 0))).toEqual(['cancelled', undefined, 'done', undefined]);
    expect(shown(applyRunEvent(done, { type: 'run-paused', paused: true }, 0))).toEqual(['running', 'waiting', 'done', undefined]);
  });
});

describe('what is known of a run', () => {
  it('goes from waiting over running to done', () => {
    const run = runOf(START, { type: 'node-start', nodeId: 'a', index: 0, total: 2, reason: { kind: 'first-run' } });
    expect(nodeOf(run, 'a')?.state).toBe('running');
    expect(nodeOf(run, 'constructor')?.state).toBe('waiting');
    expect(nodeOf(run, 'toString')).toBeUndefined();
    const done = applyRunEvent(run, { type: 'node-done', nodeId: 'a', ms: 12, cached: 'disk' }, 2000);
    expect(nodeOf(done, 'a')).toMatchObject({ state: 'done', ms: 12, cached: 'disk', reason: { kind: 'first-run' } });
    expect(nodeOf(done, 'constructor')).toBe(nodeOf(run, 'constructor'));
  });

  it('collects curves by step, and thins them when they get long', () => {
    let run = runOf(START);
    for (let step = 1; step <= 5000; step++) run = applyRunEvent(run, { type: 'node-progress', nodeId: 'a', progress: { done: step, total: 5000, figures: { loss: 1 / step } } }, 0);
    const curve = nodeOf(run, 'a')?.curves['loss'] ?? [];
    expect(curve.length).toBeLessThanOrEqual(2001);
    expect(curve.at(0)).toEqual([1, 1]);
    expect(curve.at(-1)).toEqual([5000, 1 / 5000]);
    expect(curve.every(([step], index) => index === 0 || step > (curve[index - 1]?.[0] ?? 0))).toBe(true);
  });

  it('keeps errors with what the node had got, and ends', () => {
    const error = { code: 'x', kind: 'run', where: 'Sample', rule: 'must work' } as const;
    const run = runOf(START, { type: 'node-error', nodeId: 'a', error, inputs: { latents: '1 x 4' } }, { type: 'run-end', status: 'failed', ms: 5 });
    expect(nodeOf(run, 'a')).toMatchObject({ state: 'failed', error, inputs: { latents: '1 x 4' } });
    expect(run).toMatchObject({ status: 'failed', ms: 5, errors: [error] });
  });
});
