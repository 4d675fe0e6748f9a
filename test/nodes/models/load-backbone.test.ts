import { describe, expect, it } from 'vitest';
import { loadBackboneNode } from '../../../nodes/models/load-backbone.ts';
import { loadTextEncoderNode } from '../../../nodes/models/load-text-encoder.ts';
import { loadVaeNode } from '../../../nodes/models/load-vae.ts';
import type { InjectedEncoders } from '../../../nodes/values.ts';
import type { Vae } from '../../../src/main/backbones/backbone.ts';
import { faultOf } from '../../support/fault.ts';
import { nodeBench, TINY_MODEL } from '../../support/node-bench.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const bench = nodeBench();

describe('Load Backbone', () => {
  it('opens a diffusers folder: whole, text encoders without tables, autoencoder', async () => {
    const { backbone, textEncoders, vae } = await bench.tiny();
    expect(backbone).toMatchObject({ family: 'sd15', objective: 'ddpm-epsilon', defaultSize: { width: 64, height: 64 } });
    expect(backbone.schedulerConfig['_class_name']).toBe('PNDMScheduler');
    expect(textEncoders).toEqual({ encoders: backbone.textEncoders, attachments: [] });
    expect(textEncoders.encoders.streams).toMatchObject([{ id: 'clip_l', width: 24 }]);
    expect(vae).toMatchObject({ factor: 8, latentChannels: 4 });
  });

  it('refuses a folder that is no model, and names it', async () => {
    const fault = await faultOf(async () => bench.run(loadBackboneNode, {}, { folder: await temporaryFolder() }));
    expect(fault).toMatchObject({ kind: 'input' });
    expect(fault.where).toContain('engram-test-');
  });
});

describe('Load Text Encoder, Load VAE', () => {
  it('give the parts that Load Backbone gives', async () => {
    const { backbone } = await bench.tiny();
    const { textEncoders } = (await bench.run<{ textEncoders: InjectedEncoders }>(loadTextEncoderNode, {}, { folder: TINY_MODEL })).values;
    expect(textEncoders).toMatchObject({ attachments: [], encoders: { fingerprint: backbone.textEncoders.fingerprint } });
    const { vae } = (await bench.run<{ vae: Vae }>(loadVaeNode, {}, { folder: TINY_MODEL })).values;
    expect(vae.fingerprint).toBe(backbone.vae.fingerprint);
    const alone = (await bench.run<{ vae: Vae }>(loadVaeNode, {}, { folder: `${TINY_MODEL}/vae` })).values.vae;
    expect(alone).toMatchObject({ factor: 8, latentChannels: 4, scaling: vae.scaling });
  });
});
