import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Denoiser } from '../../../src/main/backbones/backbone.ts';
import { loadUnet } from '../../../src/main/backbones/sd15/unet/denoiser.ts';
import { floatTensor, type FloatTensor, type Tensor } from '../../../src/main/core/ir/tensor.ts';
import { objectiveById } from '../../../src/main/diffusion/objectives/index.ts';
import { createSessionProvider, type EngineSessions } from '../../../src/main/engine/sessions.ts';
import { encodeTable } from '../../../src/main/engram/table-file.ts';
import type { ConceptTable } from '../../../src/main/engram/table.ts';
import { trainingPlan } from '../../../src/main/engram/training-graph.ts';
import type { TrainingData } from '../../../src/main/engram/training/data.ts';
import type { DataOrder } from '../../../src/main/engram/training/data-order.ts';
import type { TrainingDraws } from '../../../src/main/engram/training/draws.ts';
import type { TrainingSettings } from '../../../src/main/core/training.ts';
import { Trainer, type TrainerOptions } from '../../../src/main/engram/trainer.ts';
import { nodeModelFolder } from '../../support/node-model-folder.ts';
import { asFloats, readTensors, REFERENCE, relativeL2, tensorOf } from '../../support/reference-case.ts';

/** The whole training loop through a real U-Net on the real runtime, against the same loop in torch with every draw given (tools/reference/training_loop.py). */

const FOLDER = join(REFERENCE, 'training');
const CASES = ['ten-steps', 'ten-steps-fast', 'fifty-steps', 'fifty-steps-fast', 'fifty-steps-linear', 'fifty-steps-mean', 'fifty-steps-relative', 'fifty-steps-relative-mean'];

interface Info {
  readonly draws: string;
  readonly steps: number;
  readonly rule: string;
  readonly tanh: boolean;
  readonly overlap: string;
  readonly rate: number;
  readonly scale_rate: number;
  readonly weight_decay: number;
  readonly warm_up: number;
  readonly keys: number[][];
  readonly caption_ids: number[][];
  readonly scheduler: Record<string, unknown>;
}

/** Slice `index` of the first axis, as a view. */
function sliceOf(tensor: FloatTensor, index: number): Float32Array {
  const length = tensor.data.length / tensor.shape[0]!;
  return tensor.data.subarray(index * length, (index + 1) * length);
}

interface Run {
  readonly info: Info;
  readonly draws: Readonly<Record<string, Tensor>>;
  readonly options: TrainerOptions;
}

let sessions: EngineSessions;
let denoiser: Denoiser;
beforeAll(async () => {
  sessions = await createSessionProvider({ device: 'cpu', threads: 1 });
  denoiser = (await loadUnet(nodeModelFolder(join(REFERENCE, 'tiny-sd15')))).denoiser(77);
});
afterAll(() => sessions.dispose());

function prepare(name: string): Run {
  const info = JSON.parse(readFileSync(join(FOLDER, name, 'case.json'), 'utf8')) as Info;
  const draws = readTensors(join(FOLDER, name, info.draws));
  const [latents, states] = [asFloats(tensorOf(draws, 'latents')), asFloats(tensorOf(draws, 'base_states'))];
  const [, channels, height, width] = latents.shape as [number, number, number, number];
  const [, tokens, depth] = states.shape as [number, number, number];
  const batch = tensorOf(draws, 'timesteps').shape[1]!;
  const table: ConceptTable = {
    trigger: 'Aldric Vortex-9 CyberNebula', maxN: 7, family: 'sd15', settings: { rule: info.rule, tanh: info.tanh, overlap: info.overlap }, provenance: {},
    streams: [{ stream: 'clip_l', tokenizerHash: 'a'.repeat(64), width: depth, keys: info.keys, vectors: asFloats(tensorOf(draws, 'vectors')).data, scale: asFloats(tensorOf(draws, 'scale')).data }],
  };
  const data: TrainingData = {
    // The clean latents are given: a posterior without spread, unscaled.
    channels, height, width, scaling: 1, shift: 0,
    examples: info.caption_ids.map((ids, index) => ({
      name: String(index), mean: sliceOf(latents, index), logvar: new Float32Array(channels * height * width).fill(-30),
      text: { streams: { clip_l: { ids, states: floatTensor(sliceOf(states, index), [1, tokens, depth]) } }, extras: {} },
    })),
  };
  const settings: TrainingSettings = {
    steps: info.steps, batch, accumulation: 1, seed: 1, shuffle: true, lastBatch: 'keep', schedule: 'linear', warmUp: info.warm_up,
    vectors: { rate: info.rate, weightDecay: info.weight_decay }, scale: { rate: info.scale_rate, weightDecay: info.weight_decay },
  };
  const options: TrainerOptions = {
    label: name, table, settings, data, sessions, objective: objectiveById('ddpm-epsilon').create(info.scheduler), modelFingerprint: denoiser.fingerprint,
    plan: (size, streams) => trainingPlan(denoiser, { batch: size, height, width }, streams), now: () => performance.now(),
  };
  return { info, draws, options };
}

/** Batches and draws from the fixture. A step counter is all their state. */
function given(draws: Run['draws']): { readonly order: DataOrder; readonly draws: TrainingDraws } {
  const [captions, times] = [asFloats(tensorOf(draws, 'captions')), asFloats(tensorOf(draws, 'timesteps'))];
  const noise = asFloats(tensorOf(draws, 'noise'));
  let [batchStep, drawStep] = [0, 0];
  return {
    order: {
      next: () => [...sliceOf(captions, batchStep++)],
      upcomingSizes: (batches) => new Map([[captions.shape[1]!, batches]]), save: () => batchStep, restore: (state) => { batchStep = state as number; },
    },
    draws: {
      next: (batch, elements) => {
        const step = drawStep++;
        return { posterior: new Float32Array(batch * elements), noise: sliceOf(noise, step), times: [...sliceOf(times, step)] };
      },
      save: () => drawStep, restore: (state) => { drawStep = state as number; },
    },
  };
}

/** What training added, as a tensor. */
function changeOf(after: Float32Array, before: Tensor): FloatTensor {
  return floatTensor(after.map((value, index) => value - (before.data as Float32Array)[index]!), before.shape);
}

/** Relative L2 of the change of vectors and scale against the reference's. */
function tableError(table: ConceptTable, draws: Run['draws'], outputs: Run['draws'], suffix = ''): { vectors: number; scale: number } {
  const [part] = table.streams;
  const errorOf = (name: 'vectors' | 'scale'): number =>
    relativeL2(changeOf(part![name], tensorOf(draws, name)), changeOf(asFloats(tensorOf(outputs, `${name}${suffix}`)).data, tensorOf(draws, name)));
  return { vectors: errorOf('vectors'), scale: errorOf('scale') };
}

// Ten times tighter than the project's goals (loss 1e-4, change 1e-2); seen: 8e-7 and 1.5e-4. The change is the looser one because AdamW divides by the gradient's own
// size, so that rounding shows where gradients are tiny.
const LOSS_TOLERANCE = 1e-5;
const CHANGE_TOLERANCE = 1e-3;

describe.each(CASES)('%s', (name) => {
  test('losses and table follow torch', async () => {
    const { info, draws, options } = prepare(name);
    const outputs = readTensors(join(FOLDER, name, 'outputs.safetensors'));
    const trainer = new Trainer({ ...options, ...given(draws) });
    await trainer.stepOnce();
    await trainer.stepOnce();
    const early = tableError(trainer.snapshot(), draws, outputs, '_after_2');
    await trainer.resume();
    const late = tableError(trainer.snapshot(), draws, outputs);
    const expected = tensorOf(outputs, 'losses').data as Float64Array;
    expect(trainer.recentLosses).toHaveLength(info.steps);
    const lossError = Math.max(...trainer.recentLosses.map((loss, step) => Math.abs(loss - expected[step]!) / expected[step]!));
    expect(lossError).toBeLessThan(LOSS_TOLERANCE);
    expect(Math.max(early.vectors, early.scale)).toBeLessThan(CHANGE_TOLERANCE);
    expect(Math.max(late.vectors, late.scale)).toBeLessThan(CHANGE_TOLERANCE);
  });
});

describe('on the real runtime', () => {
  test('a run broken off and resumed gives the same table bytes as an unbroken one', async () => {
    const { options } = prepare('ten-steps');
    const straight = new Trainer(options);
    await straight.start();
    const first = new Trainer(options);
    for (let step = 0; step < 4; step += 1) await first.stepOnce();
    const second = new Trainer(options);
    expect(second.restore(first.save()).exact).toBe(true);
    await second.resume();
    expect(encodeTable(second.snapshot())).toEqual(encodeTable(straight.snapshot()));
    expect(second.recentLosses).toEqual(straight.recentLosses);
    expect(sessions.usage().leased).toBe(0);
  });
});
