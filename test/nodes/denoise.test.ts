import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createScheduler, pictureTokens, SCHEDULER_OF_MODEL } from '../../nodes/denoise.ts';
import { loadBackboneNode } from '../../nodes/models/load-backbone.ts';
import type { Backbone } from '../../src/main/backbones/backbone.ts';
import { nodeBench, type TinyModel } from '../support/node-bench.ts';
import { REFERENCE } from '../support/reference-case.ts';

const bench = nodeBench();
const sd15 = bench.tiny();
const sd3 = bench.run<TinyModel>(loadBackboneNode, {}, { folder: join(REFERENCE, 'tiny-sd3') });
const SIZE = { height: 8, width: 12 };

const times = (backbone: Backbone, id: string, config = backbone.schedulerConfig): readonly number[] => createScheduler({ ...backbone, schedulerConfig: config }, id, 5, SIZE).timesteps;

describe('createScheduler', () => {
  it('takes the model\'s own, and those of its process', async () => {
    const [{ backbone: diffusion }, { values: { backbone: flow } }] = [await sd15, await sd3];
    expect(times(diffusion, SCHEDULER_OF_MODEL)).toEqual(times(diffusion, 'pndm'));
    expect(times(flow, SCHEDULER_OF_MODEL)).toEqual(times(flow, 'flow-euler'));
  });

  it('refuses a folder whose scheduler config is of the other process, whatever is chosen', async () => {
    const [{ backbone: diffusion }, { values: { backbone: flow } }] = [await sd15, await sd3];
    for (const id of [SCHEDULER_OF_MODEL, 'ddim', 'flow-euler']) {
      expect(() => times(flow, id, diffusion.schedulerConfig)).toThrow('must set a scheduler for models of flow matching, as this model is, got PNDMScheduler, set for models of the diffusion process');
      expect(() => times(diffusion, id, flow.schedulerConfig)).toThrow('must set a scheduler for models of the diffusion process, as this model is, got FlowMatchEulerDiscreteScheduler, set for models of flow matching');
    }
    expect(() => times(flow, SCHEDULER_OF_MODEL, { _class_name: 'UniPCMultistepScheduler' })).toThrow('got UniPCMultistepScheduler, set for models of the diffusion process');
  });
});

describe('pictureTokens', () => {
  it('counts the tokens that a denoiser cuts latents into, where it does', async () => {
    const [{ backbone: diffusion }, { values: { backbone: flow } }] = [await sd15, await sd3];
    expect(pictureTokens(flow.denoiser, SIZE)).toEqual({ imageTokens: 24 });
    expect(pictureTokens(diffusion.denoiser, SIZE)).toEqual({ imageTokens: undefined });
  });
});
