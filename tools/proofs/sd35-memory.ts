import { join } from 'node:path';
import { defineProof, judge, type Figure } from './framework/proof.ts';
import { worst } from './support/compare.ts';
import { makeLiveCases, proofSeed } from './support/live.ts';
import { measureProcess, type Measurement } from './support/measure-process.ts';
import { measureSd35FullSize, readFullSizeSetup } from './support/sd35-full-size.ts';

/** A transformer of middle size in SD3.5-medium's form: 12 blocks, the first half with a second attention; 512 wide. */
const TRANSFORMER = {
  num_layers: 12, attention_head_dim: 64, num_attention_heads: 8, joint_attention_dim: 64, caption_projection_dim: 512, pooled_projection_dim: 56,
  pos_embed_max_size: 32, dual_attention_layers: [0, 1, 2, 3, 4, 5], qk_norm: 'rms_norm', sample_size: 32,
};
const SEGMENTS = [1, 2, 4, 12];
const JOBS = ['sample', 'train'] as const;
/** Side of the picture in pixels: 256 tokens. */
const SIZE = 256;
/** Weights stay in their files, as in models too large for memory. */
const PLAN = 'by-size';
const MEGABYTE = 1e6;

function rounded({ anonymousPeak, mappedPeak, cold, warm, finite }: Measurement): Figure {
  return { anonymousMegabytes: Math.round(anonymousPeak / MEGABYTE), mappedMegabytes: Math.round(mappedPeak / MEGABYTE), coldSeconds: Math.round(cold * 10) / 10, warmSeconds: Math.round(warm * 10) / 10, finite };
}

export const sd35Memory = defineProof({
  name: 'sd35-memory',
  expectedSeconds: 2400,
  summary: 'Cut into segments of a session each, a joint-attention transformer of middle size takes less private memory in 12 than in one, sampling, and the less the more there are, training; Stable Diffusion 3.5 medium at its real size samples a step and trains a step at 512 px in 20 GB of private memory beside the mapped weights.',
  async run(context) {
    const seed = proofSeed();
    const [model] = await makeLiveCases(context, 'sd3-model', { seed, transformer: TRANSFORMER });
    const figures: Record<string, Figure> = { parameters: Number(model?.['parameters']), size: SIZE, plan: PLAN, seed };
    const peaks = new Map<string, number>();
    let unfinished = 0;
    for (const job of JOBS) {
      for (const segments of SEGMENTS) {
        const work = { name: `${job}-${segments}`, command: process.execPath, args: [join(context.root, 'dist', 'full-size.mjs'), model?.folder as string, job, String(SIZE), PLAN, String(segments)] };
        const found = await measureProcess(context, work);
        context.log(`${work.name}: ${JSON.stringify(rounded(found))}`);
        figures[`${job}In${segments}`] = rounded(found);
        peaks.set(work.name, found.anonymousPeak);
        unfinished += Number(!found.finite);
      }
    }
    const share = (job: string, segments: number, of: number): number => Math.round((peaks.get(`${job}-${segments}`) as number) / (peaks.get(`${job}-${of}`) as number) * 1000) / 1000;
    const steps = SEGMENTS.slice(1).map((segments, place) => share('train', segments, SEGMENTS[place] as number));
    const fullSize = await measureSd35FullSize(context, readFullSizeSetup());
    return judge({ ...figures, ...fullSize.figures, sampleShareIn12: share('sample', 12, 1), trainShareIn12: share('train', 12, 1), trainSharesOfFewer: steps, trainLargestShareOfFewer: worst(steps), runsWithoutNumbers: unfinished }, {
      // Above 0.95 a peak would be the same but for chance.
      sampleShareIn12: { atMost: 0.95 }, trainShareIn12: { atMost: 0.6 }, trainLargestShareOfFewer: { atMost: 0.95 }, runsWithoutNumbers: { equals: 0 }, ...fullSize.goals,
    });
  },
});
