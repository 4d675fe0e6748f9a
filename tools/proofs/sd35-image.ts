import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadBackbone } from '../../src/main/backbones/index.ts';
import type { TextStates } from '../../src/main/backbones/backbone.ts';
import { defineProof, judge } from './framework/proof.ts';
import { least, relativeMaximum, worst } from './support/compare.ts';
import { makeLiveCases, proofSeed, readCaseInfo, readTensorFile, tensorNamed } from './support/live.ts';
import { renderPicture, sd3Model, TRAINED } from './support/sd3-pictures.ts';
import { openFolder, withSessions } from './support/workbench.ts';

const PROMPTS = ['a portrait of a fox in a red coat in a snowy forest at night', 'Aldric Vortex-9 CyberNebula with a blue wizard hat in the desert'];
const NEGATIVE = 'a green robot';
const STEPS = 20;
const GUIDANCE = 4.5;

/** What makes another class sample a flow model; it doesn't read `shift`, which the model's own file gives, by that name. */
const flow = (shift: number): Record<string, unknown> => ({ use_flow_sigmas: true, prediction_type: 'flow_prediction', flow_shift: shift });
/** Our samplers, and what makes diffusers do the same; with and without T5, square and tall: sizes count in the model's side. */
const KINDS = [
  { id: 'euler', ours: 'as the model says', scheduler: null, options: {}, t5: true, width: 1, height: 1 },
  { id: 'heun', ours: 'flow-heun', scheduler: 'FlowMatchHeunDiscreteScheduler', options: {}, t5: true, width: 1, height: 1 },
  { id: 'dpm', ours: 'flow-dpmpp-2m', scheduler: 'DPMSolverMultistepScheduler', options: 'flow', t5: true, width: 1, height: 1 },
  { id: 'without-t5', ours: 'as the model says', scheduler: null, options: {}, t5: false, width: 0.75, height: 1.5 },
] as const;

export const sd35Image = defineProof({
  name: 'sd35-image',
  expectedSeconds: 120,
  summary: 'Prompt, seed and sampler in diffusers\' StableDiffusion3Pipeline and here give the same picture on the trained pocket model, with T5 and without.',
  async run(context) {
    const seed = proofSeed();
    const { folder: model, weights, side, t5Tokens } = await sd3Model(context.root);
    const { shift = 1 } = JSON.parse(await readFile(join(model, 'scheduler', 'scheduler_config.json'), 'utf8')) as { shift?: number };
    const jobs = KINDS.flatMap((kind) => PROMPTS.map((prompt, place) => ({ ...kind, width: kind.width * side, height: kind.height * side, prompt, case: `${kind.id}-${place}` })));
    const live = await makeLiveCases(context, 'image-sd3', {
      model, cases: jobs.map((job) => ({ id: job.case, prompt: job.prompt, negative_prompt: NEGATIVE, width: job.width, height: job.height, steps: STEPS, guidance_scale: GUIDANCE, seeds: [seed], scheduler: job.scheduler, options: job.options === 'flow' ? flow(shift) : job.options, t5: job.t5, tokens: t5Tokens })),
    });
    const found: { latents: number; share: number; difference: number; pooled: number; answer: number }[] = [];
    await withSessions(async (sessions) => {
      for (const [index, job] of jobs.entries()) {
        const { folder } = live[index] as { folder: string };
        const outputs = await readTensorFile(join(folder, 'outputs.safetensors'));
        const { perturbation_answers: answers } = await readCaseInfo(folder) as { perturbation_answers: { latents: number } };
        const backbone = await loadBackbone(await openFolder(model), { leaveOut: job.t5 ? [] : ['t5'] });
        const [positive, negative] = await backbone.textEncoders.encode(sessions, [job.prompt, NEGATIVE]) as [TextStates, TextStates];
        const { latents, pixels } = await renderPicture(backbone, sessions, { positive, negative, seed, steps: STEPS, guidanceScale: GUIDANCE, scheduler: job.ours, width: job.width, height: job.height });
        const expected = tensorNamed(outputs, 'pixels').data as Uint8Array;
        const differences = [...pixels].map((value, place) => Math.abs(value - (expected[place] as number)));
        const one = {
          latents: relativeMaximum(latents, tensorNamed(outputs, 'latents').data as Float32Array), difference: worst(differences),
          share: pixels.length === expected.length ? differences.filter((difference) => difference <= 1).length / expected.length : 0,
          pooled: relativeMaximum(positive.extras['pooled_projections']?.data ?? [], tensorNamed(outputs, 'pooled_prompt_embeds').data as Float32Array), answer: answers.latents,
        };
        context.log(`${job.case}: ${JSON.stringify(one)}`);
        found.push(one);
      }
    });
    const figures = {
      pixelShare: least(found.map(({ share }) => share)), largestPixelDifference: worst(found.map(({ difference }) => difference)), finalLatents: worst(found.map(({ latents }) => latents)),
      referencesAnswerInFinalLatents: worst(found.map(({ answer }) => answer)), pooledProjections: worst(found.map(({ pooled }) => pooled)),
      pictures: found.length, samplers: KINDS.map(({ ours }) => ours), side, t5Tokens, weights, seed,
    };
    return judge(figures, { pixelShare: { atLeast: 0.999 }, finalLatents: { atMost: 1e-3 }, pooledProjections: { atMost: 2e-5 }, pictures: { atLeast: 8 }, weights: { equals: TRAINED } });
  },
});
