import { join } from 'node:path';
import { readConfig } from '../../src/main/backbones/config-reader.ts';
import { ModuleScope } from '../../src/main/backbones/module-scope.ts';
import { UNET_CONFIG, unetLevels } from '../../src/main/backbones/sd15/unet/config.ts';
import { buildUnet } from '../../src/main/backbones/sd15/unet/unet.ts';
import { DIFFUSERS_WEIGHTS, readStoredWeights } from '../../src/main/backbones/weight-files.ts';
import { WeightSource } from '../../src/main/backbones/weights.ts';
import { floatTensor, type Tensor } from '../../src/main/core/ir/tensor.ts';
import { newGraph } from '../../src/main/core/ops/registry.ts';
import type { SessionProvider } from '../../src/main/core/session.ts';
import { objectiveById } from '../../src/main/diffusion/objectives/index.ts';
import type { ConceptTable } from '../../src/main/engram/table.ts';
import { Trainer } from '../../src/main/engram/trainer.ts';
import type { DataOrder } from '../../src/main/engram/training/data-order.ts';
import type { TrainingData } from '../../src/main/engram/training/data.ts';
import type { TrainingDraws } from '../../src/main/engram/training/draws.ts';
import { trainingPlan, type TrainableDenoiser } from '../../src/main/engram/training-graph.ts';
import { z } from 'zod';
import { defineProof, judge } from './framework/proof.ts';
import { relativeL2, worst } from './support/compare.ts';
import { makeLiveCases, proofSeed, readCaseInfo, readTensorFile, tensorNamed, type LiveCase } from './support/live.ts';
import { openFolder, withSessions } from './support/workbench.ts';

const STREAM = 'text';

const caseSchema = z.object({
  folder: z.string(), draws: z.string(), steps: z.number(), rule: z.string(), tanh: z.boolean(), overlap: z.string(), rate: z.number(), scale_rate: z.number(),
  weight_decay: z.number(), warm_up: z.number(), keys: z.array(z.array(z.number())), caption_ids: z.array(z.array(z.number())), scheduler: z.record(z.string(), z.unknown()),
});
type Case = z.infer<typeof caseSchema>;
type Tensors = Readonly<Record<string, Tensor>>;

/** The frozen U-Net of a case, as training takes it. */
async function loadDenoiser(path: string): Promise<TrainableDenoiser> {
  const folder = await openFolder(path);
  const config = await readConfig(folder, 'config.json', UNET_CONFIG);
  const stored = await readStoredWeights(folder, '', DIFFUSERS_WEIGHTS);
  const build: TrainableDenoiser['build'] = (builder, { batch, height, width }) => {
    const latents = builder.input('latents', 'float32', [batch, config.in_channels, height, width]);
    const timestep = builder.input('timestep', 'float32', [batch]);
    const states = builder.input(`states.${STREAM}`, 'float32', [batch, 77, config.cross_attention_dim]);
    const scope = new ModuleScope(builder, new WeightSource({ label: 'unet', stored }));
    return { states: { [STREAM]: states }, prediction: buildUnet(scope, config, unetLevels(config, 'config.json'), { latents, timestep, states }) };
  };
  const plan: TrainableDenoiser['plan'] = (shape) => ({
    key: `${path} ${JSON.stringify(shape)}`,
    build: () => {
      const builder = newGraph('unet');
      builder.output('prediction', build(builder, shape).prediction);
      return builder.build();
    },
  });
  return { build, plan };
}

/** Part `index` of a tensor's first axis, as float32. */
function row(tensor: Tensor, index: number): Float32Array {
  const size = tensor.data.length / (tensor.shape[0] as number);
  return Float32Array.from((tensor.data as Float32Array | BigInt64Array).subarray(index * size, (index + 1) * size), Number);
}

/** The given latents as a posterior without spread, so that training sees exactly them. */
function dataOf(info: Case, draws: Tensors): TrainingData {
  const [latents, base] = [tensorNamed(draws, 'latents'), tensorNamed(draws, 'base_states')];
  const [, channels, height, width] = latents.shape as readonly [number, number, number, number];
  const examples = info.caption_ids.map((ids, index) => ({
    name: `caption ${index}`, mean: row(latents, index), logvar: new Float32Array(channels * height * width).fill(-30),
    text: { streams: { [STREAM]: { ids, states: floatTensor(row(base, index), [1, ...base.shape.slice(1)]) } }, extras: {} },
  }));
  return { channels, height, width, scaling: 1, shift: 0, examples };
}

function givenOrder(draws: Tensors): DataOrder {
  const captions = tensorNamed(draws, 'captions');
  let step = 0;
  return {
    next: () => { step += 1; return [...row(captions, step - 1)]; },
    upcomingSizes: (batches) => new Map([[captions.shape[1] as number, batches]]),
    save: () => step,
    restore: (state) => { step = state as number; },
  };
}

function givenDraws(draws: Tensors): TrainingDraws {
  const [noise, timesteps] = [tensorNamed(draws, 'noise'), tensorNamed(draws, 'timesteps')];
  let step = 0;
  return {
    next: (batch, elements) => { step += 1; return { posterior: new Float32Array(batch * elements), noise: row(noise, step - 1), times: [...row(timesteps, step - 1)] }; },
    save: () => step,
    restore: (state) => { step = state as number; },
  };
}

function tableOf(info: Case, draws: Tensors): ConceptTable {
  const scale = row({ ...tensorNamed(draws, 'scale'), shape: [1] }, 0);
  return {
    trigger: 'given', maxN: 7, family: 'given', provenance: {}, settings: { rule: info.rule, tanh: info.tanh, overlap: info.overlap },
    streams: [{ stream: STREAM, tokenizerHash: '0'.repeat(64), width: scale.length, keys: info.keys, vectors: Float32Array.from(tensorNamed(draws, 'vectors').data as Float32Array), scale }],
  };
}

interface LoopErrors { readonly loss: number; readonly vectorsChange: number; readonly scaleChange: number }

function changeError(after: Float32Array, before: Float32Array, expected: Float32Array): number {
  return relativeL2(after.map((value, index) => value - (before[index] as number)), expected.map((value, index) => value - (before[index] as number)));
}

/** Runs our trainer on the draws of one case, beside torch's losses and table. */
async function compareLoop(sessions: SessionProvider, { folder }: LiveCase): Promise<LoopErrors> {
  const info = caseSchema.parse(await readCaseInfo(folder));
  const draws = await readTensorFile(join(folder, info.draws));
  const outputs = await readTensorFile(join(folder, 'outputs.safetensors'));
  const denoiser = await loadDenoiser(join(folder, info.folder));
  const [data, table] = [dataOf(info, draws), tableOf(info, draws)];
  const group = (rate: number) => ({ rate, weightDecay: info.weight_decay });
  const trainer = new Trainer({
    label: 'Train', table, data, sessions, modelFingerprint: folder, now: () => performance.now(), order: givenOrder(draws), draws: givenDraws(draws),
    settings: {
      steps: info.steps, batch: tensorNamed(draws, 'noise').shape[1] as number, accumulation: 1, seed: 0, shuffle: false, lastBatch: 'keep',
      vectors: group(info.rate), scale: group(info.scale_rate), schedule: 'linear', warmUp: info.warm_up,
    },
    objective: objectiveById('ddpm-epsilon').create(info.scheduler),
    plan: (batch, streams) => trainingPlan(denoiser, { batch, height: data.height, width: data.width }, streams),
  });
  await trainer.start();
  const [before, after] = [table.streams[0], trainer.snapshot().streams[0]] as [ConceptTable['streams'][0], ConceptTable['streams'][0]];
  const losses = tensorNamed(outputs, 'losses').data as Float64Array;
  return {
    loss: worst(trainer.recentLosses.map((loss, index) => Math.abs(loss - (losses[index] as number)) / (losses[index] as number))),
    vectorsChange: changeError(after.vectors, before.vectors, tensorNamed(outputs, 'vectors').data as Float32Array),
    scaleChange: changeError(after.scale, before.scale, tensorNamed(outputs, 'scale').data as Float32Array),
  };
}

export const trainingLoop = defineProof({
  name: 'training-loop',
  expectedSeconds: 240,
  summary: 'Ten and fifty training steps through new random U-Nets, rules and switches give torch\'s losses and table for the same draws.',
  async run(context) {
    const seed = proofSeed();
    const cases = [
      ...(await makeLiveCases(context, 'training-loop', { seed, cases: 3, steps: 10, folder: join(context.workFolder, 'ten') })),
      ...(await makeLiveCases(context, 'training-loop', { seed: seed + 1, cases: 2, steps: 50, folder: join(context.workFolder, 'fifty') })),
    ];
    const errors: LoopErrors[] = [];
    await withSessions(async (sessions) => {
      for (const live of cases) {
        const error = await compareLoop(sessions, live);
        context.log(`${live.folder}: loss ${error.loss.toExponential(2)}, vectors ${error.vectorsChange.toExponential(2)}, scale ${error.scaleChange.toExponential(2)}`);
        errors.push(error);
      }
    });
    const figures = {
      lossRelative: worst(errors.map(({ loss }) => loss)), vectorsChangeRelativeL2: worst(errors.map(({ vectorsChange }) => vectorsChange)),
      scaleChangeRelativeL2: worst(errors.map(({ scaleChange }) => scaleChange)), cases: cases.length, seed,
    };
    return judge(figures, { lossRelative: { atMost: 1e-4 }, vectorsChangeRelativeL2: { atMost: 1e-2 }, scaleChangeRelativeL2: { atMost: 1e-2 } });
  },
});
