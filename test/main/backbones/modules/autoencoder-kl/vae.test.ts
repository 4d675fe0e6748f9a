import { describe, expect, it } from 'vitest';
import { loadAutoencoderKl } from '../../../../../src/main/backbones/modules/autoencoder-kl/vae.ts';
import { nodeModelFolder } from '../../../../support/node-model-folder.ts';
import { readCase, relativeMaximum, tensorOf } from '../../../../support/reference-case.ts';
import { runGraph } from '../../../../support/run-graph.ts';

/** The references' own float32 error reaches 1e-6 (case.json); a wrong epsilon or padding shows at 1e-4. */
const PARITY = 2e-5;

const CASES = ['sd15', 'old-attention-names', 'old-attention-names-f16', 'bf16', 'sixteen-channels-no-quant-convs', 'one-level'];

describe('AutoencoderKL', () => {
  it.each(CASES)('encodes and decodes as diffusers does: %s', async (name) => {
    const { folder, info, inputs, outputs } = readCase('modules', 'vae', name);
    const vae = await loadAutoencoderKl(nodeModelFolder(folder), 'test');
    const [image, latents] = [tensorOf(inputs, 'image'), tensorOf(inputs, 'latents')];
    const [batch, , height, width] = image.shape as [number, number, number, number];
    const moments = await runGraph(vae.encoderPlan({ batch, height, width }).build(), { image });
    const decoded = await runGraph(vae.decoderPlan({ batch, height: height / vae.factor, width: width / vae.factor }).build(), { latents });
    expect(relativeMaximum(moments.mean, tensorOf(outputs, 'mean')), 'mean').toBeLessThanOrEqual(PARITY);
    expect(relativeMaximum(moments.logvar, tensorOf(outputs, 'logvar')), 'logvar').toBeLessThanOrEqual(PARITY);
    expect(relativeMaximum(decoded.image, tensorOf(outputs, 'image')), 'image').toBeLessThanOrEqual(PARITY);
    expect(vae.scaling).toBe(info.scaling_factor);
    expect(vae.shift).toBe(info.shift_factor ?? 0);
    expect(vae.latentChannels).toBe(latents.shape[1]);
  });
});
