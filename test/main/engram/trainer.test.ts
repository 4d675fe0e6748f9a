import { describe, expect, test } from 'vitest';
import { AppError } from '../../../src/contract/errors.ts';
import { floatTensor } from '../../../src/main/core/ir/tensor.ts';
import { createTorchGenerator } from '../../../src/main/core/random/torch-generator.ts';
import { registerSpans } from '../../../src/main/engram/registry.ts';
import { encodeTable } from '../../../src/main/engram/table-file.ts';
import type { ConceptTable, StreamTable } from '../../../src/main/engram/table.ts';
import type { TrainingData, TrainingExample } from '../../../src/main/engram/training/data.ts';
import type { TrainingEvent } from '../../../src/main/engram/training/events.ts';
import type { Objective, TrainingSettings } from '../../../src/main/core/training.ts';
import { Trainer, type TrainerOptions } from '../../../src/main/engram/trainer.ts';
import { createLinearModel, linearPlan, type LinearModel } from './support/linear-model.ts';
import { randomNumbers, tableOf } from './support/tables.ts';

const WIDTH = 3;
const TOKENS = 6;
const TRIGGER = [5, 6, 7];

const objective: Objective = {
  id: 'halfway',
  drawTimes: (generator, batch) => generator.randint(0, 10, batch),
  prepare: (latents, noise, times) => ({ noisy: latents.map((value, index) => value + noise[index]!), timesteps: times, target: noise.map((value) => value * 0.1 + 1) }),
  clean: (prediction) => prediction,
};

const settings: TrainingSettings = {
  steps: 12, batch: 4, accumulation: 1, seed: 9, shuffle: true, lastBatch: 'keep',
  vectors: { rate: 2e-2, weightDecay: 0.01 }, scale: { rate: 1e-2, weightDecay: 0.01 }, schedule: 'linear', warmUp: 3,
};

function example(index: number, ids = [0, ...TRIGGER, 8, 1]): TrainingExample {
  const states = (seed: number): ReturnType<typeof floatTensor> => floatTensor(randomNumbers(TOKENS * WIDTH, seed), [1, TOKENS, WIDTH]);
  return {
    name: `${index}.png`, mean: randomNumbers(8, 30 + index), logvar: new Float32Array(8).fill(-2),
    text: { streams: { one: { ids, states: states(40 + index) }, two: { ids: ids.map((id) => id + 100), states: states(50 + index) } }, extras: {} },
  };
}

const part = (stream: string, offset: number, seed: number): StreamTable => tableOf('t', registerSpans(TRIGGER.map((id) => id + offset), 7), WIDTH, { stream, seed }).streams[0]!;
const table: ConceptTable = { ...tableOf('Zorblax', [[1]], 1), settings: { rule: 'relative-norm', tanh: true, overlap: 'mean' }, streams: [part('one', 0, 1), part('two', 100, 2)] };
const data: TrainingData = { channels: 2, height: 2, width: 2, scaling: 0.5, shift: 0.1, examples: [0, 1, 2, 3, 4].map((index) => example(index)) };

interface Made {
  readonly trainer: Trainer;
  readonly model: LinearModel;
  readonly events: TrainingEvent[];
}

function make(more: Partial<TrainerOptions> = {}, model: LinearModel = createLinearModel()): Made {
  const events: TrainingEvent[] = [];
  let clock = 0;
  const trainer = new Trainer({
    label: 'Train "t1"', table, settings, data, objective, modelFingerprint: 'model', plan: linearPlan, sessions: model,
    now: () => (clock += 500), onEvent: (event) => events.push(structuredClone(event)), ...more,
  });
  return { trainer, model, events };
}

const bytesOf = (trainer: Trainer): Uint8Array => encodeTable(trainer.snapshot());
const lossesOf = (events: readonly TrainingEvent[]): number[] => events.flatMap((event) => (event.type === 'step' ? [event.loss] : []));
const rejection = async (promise: Promise<unknown>): Promise<AppError> => {
  const error: unknown = await promise.then(() => new Error('must reject'), (thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
};

async function trained(more: Partial<TrainerOptions> = {}): Promise<Made> {
  const made = make(more);
  expect(await made.trainer.start()).toBe('finished');
  return made;
}

describe('a training run', () => {
  test('moves the table towards a lower loss and leaves the one it started from', async () => {
    const before = encodeTable(table);
    const { trainer, events } = await trained({ settings: { ...settings, steps: 200, vectors: { rate: 5e-2, weightDecay: 0 } } });
    const losses = lossesOf(events);
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(losses).toHaveLength(200);
    expect(mean(losses.slice(-20))).toBeLessThan(0.8 * mean(losses.slice(0, 20)));
    expect(encodeTable(table)).toEqual(before);
    expect(trainer.step).toBe(200);
    expect(trainer.recentLosses).toEqual(losses);
  });

  test('alternates batches of 4 and 1, each of one graph, holds one session at a time and gives it back', async () => {
    const { model } = await trained();
    expect(model.runs.map((feeds) => feeds['timestep']!.shape[0])).toEqual([4, 1, 4, 1, 4, 1, 4, 1, 4, 1, 4, 1]);
    expect(new Set(model.acquired)).toEqual(new Set([linearPlan(4, ['one', 'two']).key, linearPlan(1, ['one', 'two']).key]));
    expect(model.mostOpen).toBe(1);
    expect(model.open.size).toBe(0);
  });

  test('feeds edited states where the trigger stands and base states elsewhere', async () => {
    const { model } = await trained({ settings: { ...settings, shuffle: false } });
    const fed = model.runs[0]!['states.one']!;
    expect(fed.shape).toEqual([4, TOKENS, WIDTH]);
    const base = data.examples[2]!.text.streams['one']!.states.data;
    const sample = (fed.data as Float32Array).subarray(2 * TOKENS * WIDTH, 3 * TOKENS * WIDTH);
    const touched = Array.from({ length: TOKENS }, (_, position) => [0, 1, 2].some((channel) => sample[position * WIDTH + channel] !== base[position * WIDTH + channel]));
    expect(touched).toEqual([false, true, true, true, false, false]);
  });

  test('asks for gradients of those streams only that some caption wakes', async () => {
    const partly = { ...data, examples: data.examples.map((item) => ({ ...item, text: { ...item.text, streams: { ...item.text.streams, two: { ...item.text.streams['two']!, ids: [0, 0, 0, 0, 0, 0] } } } })) };
    const { model, trainer } = await trained({ data: partly });
    expect(new Set(model.acquired)).toEqual(new Set([linearPlan(4, ['one']).key, linearPlan(1, ['one']).key]));
    // Without a gradient only weight decay moves it: sum over steps of rate * 0.01 stays below 0.12 %.
    const change = trainer.snapshot().streams[1]!.vectors.map((value, index) => value / table.streams[1]!.vectors[index]!);
    expect(change.every((ratio) => ratio < 1 && ratio > 0.998)).toBe(true);
  });

  test('a batch without the trigger still counts its loss', async () => {
    const one = { ...data, examples: data.examples.map((item, index) => (index === 0 ? item : example(index, [0, 0, 0, 0, 0, 0]))) };
    const { model, events } = await trained({ data: one, settings: { ...settings, batch: 1, shuffle: false } });
    expect(model.acquired).toEqual([linearPlan(1, ['one', 'two']).key]);
    expect(lossesOf(events).every((loss) => loss > 0)).toBe(true);
  });

  test('accumulation averages the gradients of its batches into one update', async () => {
    const whole = await trained({ settings: { ...settings, steps: 1, batch: 4, shuffle: false, warmUp: 0 }, data: { ...data, examples: data.examples.slice(0, 4) }, draws: fixedDraws() });
    const split = await trained({ settings: { ...settings, steps: 1, batch: 1, accumulation: 4, shuffle: false, warmUp: 0 }, data: { ...data, examples: data.examples.slice(0, 4) }, draws: fixedDraws() });
    const norms = (made: Made): unknown => made.events.flatMap((event) => (event.type === 'step' ? event.norms.map((norm) => norm.vectorsGradient.toPrecision(5)) : []));
    expect(norms(split)).toEqual(norms(whole));
    expect(split.model.runs).toHaveLength(4);
    expect(lossesOf(split.events)[0]).toBeCloseTo(lossesOf(whole.events)[0]!, 6);
  });

  test('equal seeds give equal bytes, others do not', async () => {
    const [first, again, other] = [await trained(), await trained(), await trained({ settings: { ...settings, seed: 10 } })];
    expect(bytesOf(again.trainer)).toEqual(bytesOf(first.trainer));
    expect(lossesOf(again.events)).toEqual(lossesOf(first.events));
    expect(bytesOf(other.trainer)).not.toEqual(bytesOf(first.trainer));
  });

  test('warms up from zero and decays to zero, both groups in proportion', async () => {
    const { events } = await trained();
    const rates = events.flatMap((event) => (event.type === 'step' ? [event.rates] : []));
    expect(rates[0]).toEqual({ vectors: 0, scale: 0 });
    expect(rates[3]!.vectors).toBeCloseTo(2e-2, 12);
    expect(rates[11]!.vectors).toBeCloseTo(2e-2 / 9, 12);
    expect(rates.every(({ vectors, scale }) => Math.abs(scale - vectors / 2) < 1e-12)).toBe(true);
  });

  test('says in the table what it was trained on, without time or host', async () => {
    const { provenance } = (await trained()).trainer.snapshot();
    expect(provenance).toMatchObject({ 'training.steps': '12', 'training.objective': 'halfway', 'training.model': 'model', 'training.images': '5', 'training.device': 'linear' });
    expect(JSON.parse(provenance['training.settings']!)).toEqual(settings);
  });
});

/** The same numbers for every example of the batch, whatever its size. */
function fixedDraws(): NonNullable<TrainerOptions['draws']> {
  return {
    next: (batch, elements) => ({ posterior: new Float32Array(batch * elements), noise: new Float32Array(batch * elements).fill(0.5), times: Array.from({ length: batch }, () => 1) }),
    save: () => ({}), restore: () => undefined,
  };
}

describe('events', () => {
  test('tell state, loss, rates, norms and time as plain data', async () => {
    const { events, trainer } = await trained();
    expect(events.filter(({ type }) => type === 'state').map((event) => event.type === 'state' && [event.state, event.step])).toEqual([['running', 0], ['finished', 12]]);
    const last = events.findLast((event) => event.type === 'step')!;
    expect(last).toMatchObject({ type: 'step', step: 12, steps: 12, secondsLeft: 0 });
    const norm = (values: Float32Array): number => Math.hypot(...values);
    const { streams } = trainer.snapshot();
    expect(last.type === 'step' && last.norms.map(({ stream, vectors, scale }) => [stream, vectors.toFixed(6), scale.toFixed(6)]))
      .toEqual(streams.map(({ stream, vectors, scale }) => [stream, norm(vectors).toFixed(6), norm(scale).toFixed(6)]));
    expect(last.type === 'step' && last.norms.every(({ vectorsGradient, scaleGradient }) => vectorsGradient > 0 && scaleGradient > 0)).toBe(true);
  });

  test('the time left comes from measured batches: half a second each on this clock', async () => {
    const { events } = await trained();
    const left = events.flatMap((event) => (event.type === 'step' ? [event.secondsLeft] : []));
    // Before the first batch of 1 was measured it is taken for a quarter of a batch of 4: 5 * 0.5 + 6 * 0.125.
    expect(left).toEqual([3.25, ...[10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0].map((steps) => steps * 0.5)]);
  });

  test('afterStep is awaited between steps and its time is not counted', async () => {
    const seen: number[] = [];
    let clock = 0;
    const { events } = await trained({
      now: () => (clock += 500),
      afterStep: async (step) => {
        await Promise.resolve();
        clock += 1e6;
        seen.push(step);
      },
    });
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(events.every((event) => event.type !== 'step' || event.seconds < 10)).toBe(true);
  });
});

describe('pause, save, resume', () => {
  const variants: readonly [string, Partial<TrainingSettings>][] = [
    ['batches of 4 and 1', {}], ['accumulation', { accumulation: 3 }], ['dropped last batches', { batch: 2, lastBatch: 'drop' }], ['no shuffling', { shuffle: false, schedule: 'constant' }],
  ];
  test.each(variants)('a run broken off after any step gives the same bytes: %s', async (_, change) => {
    const chosen = { settings: { ...settings, ...change } };
    const straight = await trained(chosen);
    for (const stop of [0, 1, 2, 5, 11]) {
      const first = make(chosen);
      for (let step = 0; step < stop; step += 1) expect(await first.trainer.stepOnce()).toBe('paused');
      const saved = first.trainer.save();
      const second = make(chosen);
      expect(second.trainer.restore(saved)).toEqual({ exact: true });
      expect(second.trainer.step).toBe(stop);
      expect(await second.trainer.resume()).toBe('finished');
      expect(bytesOf(second.trainer), `broken off after ${stop}`).toEqual(bytesOf(straight.trainer));
      expect(second.trainer.recentLosses).toEqual(straight.trainer.recentLosses);
      expect(second.trainer.save()).toEqual(straight.trainer.save());
    }
  });

  test('pause stops after the running step, and resume goes on to the same end', async () => {
    const straight = await trained();
    const made: Made = make({}, createLinearModel({ onRun: (run) => { if (run === 4) made.trainer.pause(); } }));
    expect(await made.trainer.start()).toBe('paused');
    expect(made.trainer.step).toBe(5);
    expect(made.model.open.size).toBe(0);
    expect(await made.trainer.resume()).toBe('finished');
    expect(bytesOf(made.trainer)).toEqual(bytesOf(straight.trainer));
  });

  test.each([1, 3])('cancelling leaves no half step behind (accumulation %i)', async (accumulation) => {
    const chosen = { settings: { ...settings, accumulation } };
    const straight = await trained(chosen);
    const controller = new AbortController();
    const made = make(chosen, createLinearModel({ onRun: (run) => { if (run === 7) controller.abort(); } }));
    const error = await rejection(made.trainer.start(controller.signal));
    expect(error.data.kind).toBe('cancelled');
    expect(made.trainer.state).toBe('paused');
    // Run 7 belongs to step 8 without accumulation (done, then seen) and is the second of three in step 3 (undone).
    expect(made.trainer.step).toBe(accumulation === 1 ? 8 : 2);
    expect(made.model.runs).toHaveLength(8);
    expect(await made.trainer.resume()).toBe('finished');
    expect(bytesOf(made.trainer)).toEqual(bytesOf(straight.trainer));
  });

  test('a checkpoint taken while a step is running holds what stood before it', async () => {
    const straight = await trained();
    let saved: Uint8Array = new Uint8Array();
    const made: Made = make({}, createLinearModel({ onRun: (run) => { if (run === 6) saved = made.trainer.save(); } }));
    await made.trainer.start();
    const again = make();
    again.trainer.restore(saved);
    expect(again.trainer.step).toBe(6);
    await again.trainer.resume();
    expect(bytesOf(again.trainer)).toEqual(bytesOf(straight.trainer));
  });

  test('calls in the wrong state are refused', async () => {
    const { trainer } = await trained();
    await expect(trainer.start()).rejects.toThrowError(/start must be called when idle, got finished/);
    await expect(trainer.resume()).rejects.toThrowError(/resume must be called when paused, got finished/);
    expect(() => trainer.restore(trainer.save())).toThrowError(/restore must be called when idle/);
  });

  test('another device is told, not refused', async () => {
    const saved = (await trained()).trainer.save();
    expect(make({ sessions: { ...createLinearModel(), deviceKey: 'other' } }).trainer.restore(saved)).toEqual({ exact: false });
  });

  test.each<[string, Partial<TrainerOptions>, RegExp]>([
    ['batch', { settings: { ...settings, batch: 2 } }, /batch is 2, got 4/],
    ['learning rate', { settings: { ...settings, vectors: { rate: 1e-3, weightDecay: 0.01 } } }, /vectors learning rate is 0\.001, got 0\.02/],
    ['images', { data: { ...data, examples: data.examples.slice(1) } }, /data is "/],
    ['captions', { data: { ...data, examples: [example(0, [0, ...TRIGGER, 9, 1]), ...data.examples.slice(1)] } }, /data is "/],
    ['model', { modelFingerprint: 'other' }, /model is "other", got "model"/],
    ['starting table', { table: { ...table, streams: [part('one', 0, 3), part('two', 100, 2)] } }, /table is "/],
    ['objective', { objective: { ...objective, id: 'whole' } }, /objective is "whole", got "halfway"/],
  ])('a checkpoint of another %s is refused by name', async (_, more, message) => {
    const { trainer } = make();
    await trainer.stepOnce();
    expect(() => make(more).trainer.restore(trainer.save())).toThrowError(message);
  });

  test('damaged checkpoints are AppErrors', async () => {
    const { trainer } = make();
    await trainer.stepOnce();
    const saved = trainer.save();
    for (let position = 0; position < saved.length; position += 397) {
      const damaged = saved.slice();
      damaged[position]! ^= 0x55;
      try {
        make().trainer.restore(damaged);
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
      }
    }
    expect(() => make().trainer.restore(saved.slice(0, -1))).toThrowError(AppError);
    expect(() => make().trainer.restore(encodeTable(table))).toThrowError(/"format" must be "engram-training-checkpoint", got "engram-concept-table"/);
  });
});

describe('failures', () => {
  const spoil = (name: string, run: number, index = 0, value = Number.NaN): LinearModel =>
    createLinearModel({ onRun: (number, results) => { if (number === run) (results[name]!.data as Float32Array)[index] = value; } });

  test('a loss that is not finite names the step and the last finite loss, and keeps the table', async () => {
    const reference = make();
    for (let step = 0; step < 5; step += 1) await reference.trainer.stepOnce();
    const { trainer, events, model } = make({}, spoil('loss', 5));
    const error = await rejection(trainer.start());
    expect(error.data).toMatchObject({ code: 'train.not-finite', kind: 'run', where: 'Train "t1", step 6', rule: 'the loss must be finite', got: 'NaN' });
    expect(error.message).toContain(`The last finite loss was ${lossesOf(events)[4]} at step 5`);
    expect(trainer.state).toBe('failed');
    expect(bytesOf(trainer)).toEqual(bytesOf(reference.trainer));
    expect(trainer.save()).toEqual(reference.trainer.save());
    expect(events.at(-1)).toMatchObject({ type: 'state', state: 'failed', error: { code: 'train.not-finite' } });
    expect(model.open.size).toBe(0);
  });

  // 1e30 is a float32, its square isn't.
  test.each([Number.NaN, Number.POSITIVE_INFINITY, 1e30])('a gradient of %s is caught before the update', async (value) => {
    const { trainer } = make({}, spoil('grad.one', 2, WIDTH, value));
    const error = await rejection(trainer.start());
    expect(error.data).toMatchObject({ code: 'train.not-finite', rule: 'the square of the gradient must be finite' });
    expect(trainer.step).toBe(2);
    expect(trainer.snapshot().streams.every(({ vectors }) => vectors.every(Number.isFinite))).toBe(true);
  });

  test('a session that fails leaves the table of the last step', async () => {
    const { trainer } = make({}, createLinearModel({ onRun: (run) => { if (run === 3) throw new Error('out of memory'); } }));
    await expect(trainer.start()).rejects.toThrowError('out of memory');
    expect([trainer.state, trainer.step]).toEqual(['failed', 3]);
  });

  test.each<[string, Partial<TrainerOptions>, RegExp]>([
    ['no caption with the trigger', { data: { ...data, examples: [example(0, [0, 0, 0, 0, 0, 0])] } }, /some caption must hold the trigger "Zorblax".*got 1 captions without/],
    ['no images', { data: { ...data, examples: [] } }, /at least one image/],
    ['latents of another size', { data: { ...data, height: 3 } }, /image "0\.png": the latents' mean must have 2 x 3 x 2 = 12 elements, got 8/],
    ['latents with NaN', { data: { ...data, examples: [{ ...example(0), logvar: new Float32Array(8).fill(Number.NaN) }] } }, /logvar must be finite/],
    ['a table of another width', { table: tableOf('x', [[5, 6]], 2, { stream: 'one' }) }, /text stream "one" with width 2, got states of width 3/],
    ['a table of another stream', { table: tableOf('x', [[5, 6]], WIDTH, { stream: 't5' }) }, /text stream "t5" with width 3, got states of one, two/],
    ['no steps', { settings: { ...settings, steps: 0 } }, /Train "t1": steps must be a whole number in 1\.\.10000000, got 0/],
    ['half a batch', { settings: { ...settings, batch: 1.5 } }, /batch must be a whole number/],
    ['a warm-up longer than the run', { settings: { ...settings, warmUp: 13 } }, /warm-up steps must be a whole number in 0\.\.12, got 13/],
    ['a rate that is no number', { settings: { ...settings, vectors: { rate: Number.NaN, weightDecay: 0 } } }, /vectors learning rate must be in 0\.\.1, got NaN/],
    ['an unknown schedule', { settings: { ...settings, schedule: 'zigzag' } }, /zigzag/],
  ])('refuses %s', (_, more, message) => {
    expect(() => make(more)).toThrowError(AppError);
    expect(() => make(more)).toThrowError(message);
  });
});

test('the generators of order and noise differ although they come from one seed', () => {
  const { trainer } = make();
  const state = trainer.save();
  const text = new TextDecoder().decode(state);
  const words = JSON.stringify(createTorchGenerator(settings.seed).save().words);
  // The metadata holds the state as JSON in JSON: numbers look the same in both.
  expect(text.split(words).length - 1).toBe(1);
});
