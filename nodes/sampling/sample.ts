import { inputError } from '../../src/contract/errors.ts';
import type { RunContext } from '../../src/contract/node.ts';
import type { Backbone, TextStates } from '../../src/main/backbones/backbone.ts';
import { sampleBatch, sampleLatents, type TextFeeds } from '../../src/main/diffusion/sample.ts';
import { schedulers } from '../../src/main/diffusion/schedulers/index.ts';
import { defineNode, port } from '../define.ts';
import { createScheduler, feedsOf, SCHEDULER_OF_MODEL } from '../denoise.ts';
import type { NodeServices } from '../services.ts';
import type { Conditioning, LatentBatch } from '../values.ts';
import { withSession } from '../with-session.ts';

interface Job { readonly label: string; readonly prompt: string; readonly seed: number; readonly positive: TextFeeds; readonly negative: TextFeeds }

/** Every prompt with every seed; the negative prompts are one for all, or one per prompt. */
function jobsOf(positive: Conditioning, negative: Conditioning, latents: LatentBatch, where: string): Job[] {
  const count = negative.entries.length;
  if (count !== 1 && count !== positive.entries.length) {
    throw inputError('sample.negatives', where, 'there must be one negative prompt, or as many as prompts', { got: `${count} for ${positive.entries.length} prompts` });
  }
  return positive.entries.flatMap((entry, index) => latents.items.map(({ seed, label }) => ({
    label: latents.items.length === 1 ? entry.prompt : `${entry.prompt}, ${label}`, prompt: entry.prompt, seed,
    positive: feedsOf(entry), negative: feedsOf(negative.entries[count === 1 ? 0 : index] as TextStates),
  })));
}

interface SampleSettings { readonly steps: number; readonly guidanceScale: number; readonly scheduler: string; readonly batchSize: number }

/** Runs jobs in batches of a fixed width; a short last batch is padded, so that an image never depends on how many there are. */
async function runJobs(backbone: Backbone, jobs: readonly Job[], latents: LatentBatch, settings: SampleSettings, context: RunContext<NodeServices>): Promise<LatentBatch['items']> {
  const { channels, height, width } = latents;
  const size = channels * height * width;
  const items: LatentBatch['items'][number][] = [];
  const started = context.services.now();
  const batches = Math.ceil(jobs.length / settings.batchSize);
  const plan = backbone.denoiser.plan({ batch: sampleBatch(settings.batchSize, settings.guidanceScale), height, width });
  await withSession(context.services.sessions, plan, async (session) => {
    for (let batch = 0; batch < batches; batch += 1) {
      const own = jobs.slice(batch * settings.batchSize, (batch + 1) * settings.batchSize);
      const padded = Array.from({ length: settings.batchSize }, (_, index) => own[index] ?? (own.at(-1) as Job));
      const data = await sampleLatents({
        where: context.where, session, scheduler: createScheduler(backbone, settings.scheduler, settings.steps), shape: [channels, height, width], images: padded, guidanceScale: settings.guidanceScale, signal: context.signal,
        onStep: (done, total) => {
          const all = batches * total;
          const made = batch * total + done;
          context.progress({ done: made, total: all, message: `image ${items.length + 1} of ${jobs.length}`, secondsLeft: ((context.services.now() - started) / 1000 / made) * (all - made) });
        },
      });
      own.forEach(({ label, prompt, seed }, index) => { items.push({ label, prompt, seed, data: data.slice(index * size, (index + 1) * size) }); });
    }
  });
  return items;
}

export const sampleNode = defineNode({
  type: 'Sample',
  version: 1,
  category: 'sampling',
  title: 'Sample',
  doc: 'Draws noise from each seed and removes it step by step, guided by the prompts: one image for every prompt and seed.',
  usesDevice: true,
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
  async run({ inputs: { backbone, positive, negative, latents }, params, context }) {
    if (latents.channels !== backbone.vae.latentChannels) {
      throw inputError('sample.channels', context.where, `latents must have ${backbone.vae.latentChannels} channels`, { got: String(latents.channels), hint: 'Make them with the same backbone.' });
    }
    if (latents.items.some(({ data }) => data !== undefined)) {
      throw inputError('sample.not-empty', context.where, 'latents must still be noise to be drawn', { got: 'latents of pictures, which sampling would ignore', hint: 'Link an Empty Latent node.', port: 'latents' });
    }
    const jobs = jobsOf(positive, negative, latents, context.where);
    return { latents: { channels: latents.channels, height: latents.height, width: latents.width, items: await runJobs(backbone, jobs, latents, params, context) } };
  },
});
