import { schedulers } from '../../src/main/diffusion/schedulers/index.ts';
import { defineNode, port } from '../define.ts';
import { SCHEDULER_OF_MODEL } from '../denoise.ts';
import type { LatentBatch } from '../values.ts';
import { checkSampleInputs, denoiserPlan, sampleGroup, sampleRows, type SampleRow } from './sample-jobs.ts';

/** The error of a row that can't be sampled; undefined for one that can. */
function faultOf(row: SampleRow): Error | undefined {
  try {
    checkSampleInputs(row);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

export const sampleNode = defineNode({
  type: 'Sample',
  version: 1,
  category: 'sampling',
  title: 'Sample',
  doc: 'Draws noise from each seed and removes it step by step, guided by the prompts: one image for every prompt and seed.',
  usesDevice: true,
  // Measured on the pocket model, images per second: 8 wide gives 1.7 times 1 wide, 16 wide less again.
  rows: { width: 'batchSize', widest: 8, sizedBy: ['backbone', 'latents'] },
  inputs: {
    backbone: port('Backbone', 'The frozen model.'),
    positive: port('Conditioning', 'What to show.'),
    negative: port('Conditioning', 'What not to show; used when the guidance scale is above 1.'),
    latents: port('Latents', 'Size and seeds.'),
  },
  params: {
    steps: { kind: 'integer', min: 1, max: 1000, default: 20, doc: 'Inference steps.' },
    guidanceScale: { kind: 'number', min: 0, max: 50, step: 0.5, default: 7.5, doc: 'How strongly prompts are followed; 1 and below turns guidance off.' },
    scheduler: { kind: 'choice', options: [SCHEDULER_OF_MODEL, ...schedulers.map(({ id }) => id)], default: SCHEDULER_OF_MODEL, doc: 'The sampler; its settings come from the model\'s scheduler_config.json.' },
    batchSize: { kind: 'integer', min: 1, max: 64, default: 1, doc: 'Images per run of the model. More is faster on small models and takes more memory.' },
  },
  outputs: { latents: port('Latents', 'Finished latents, one per prompt and seed.') },
  passThrough: { latents: 'latents' },
  async run(row) {
    checkSampleInputs(row);
    const [latents] = await sampleRows([row]);
    return { latents: latents as LatentBatch };
  },
  rowFunctions: {
    group: sampleGroup,
    items: ({ positive, latents }) => positive.entries.length * latents.items.length,
    async run(rows) {
      const faults = rows.map(faultOf);
      const good = rows.filter((_row, index) => faults[index] === undefined);
      const sampled = good.length === 0 ? [] : await sampleRows(good);
      return faults.map((fault) => fault ?? { latents: sampled.shift() as LatentBatch });
    },
    memory: ({ inputs, params, context }, width) => context.services.sessions.estimate(denoiserPlan(inputs, params, width)),
  },
});
