import { join } from 'node:path';
import { readConfig } from '../../src/main/backbones/config-reader.ts';
import { ModuleScope } from '../../src/main/backbones/module-scope.ts';
import { TEXT_CONFIG } from '../../src/main/backbones/modules/clip-text/config.ts';
import { buildTextModel, isTextBuffer, textKeySpellings } from '../../src/main/backbones/modules/clip-text/text-model.ts';
import { loadAutoencoderKl } from '../../src/main/backbones/modules/autoencoder-kl/vae.ts';
import { readStoredWeights, TRANSFORMERS_WEIGHTS } from '../../src/main/backbones/weight-files.ts';
import { WeightSource } from '../../src/main/backbones/weights.ts';
import type { Tensor } from '../../src/main/core/ir/tensor.ts';
import { newGraph } from '../../src/main/core/ops/registry.ts';
import type { SessionProvider } from '../../src/main/core/session.ts';
import { defineProof, judge } from './framework/proof.ts';
import { relativeMaximum, worst } from './support/compare.ts';
import { drawnAnew, makeLiveCases, proofSeed, readCaseInfo, readTensorFile, tensorNamed, type LiveCase } from './support/live.ts';
import { addUnet, asFloats, openFolder, runOnce, withSessions } from './support/workbench.ts';

/** Relative errors of one case, by figure. */
type Errors = Readonly<Record<string, number>>;
type Compare = (sessions: SessionProvider, folder: string, inputs: Record<string, Tensor>, outputs: Record<string, Tensor>) => Promise<Errors>;

function errorOf(actual: Tensor | undefined, expected: Tensor): number {
  return actual === undefined ? NaN : relativeMaximum(actual.data as Float32Array, expected.data as Float32Array);
}

/** How each module's cases are compared. */
const COMPARE: Readonly<Record<string, Compare>> = {
  async 'text-encoder'(sessions, folder, inputs, outputs) {
    const model = await openFolder(join(folder, String((await readCaseInfo(folder))['folder'])));
    const config = await readConfig(model, 'config.json', TEXT_CONFIG);
    const weights = new WeightSource({ label: 'text_encoder', stored: await readStoredWeights(model, '', TRANSFORMERS_WEIGHTS), spellings: textKeySpellings, ignored: isTextBuffer });
    const ids = tensorNamed(inputs, 'input_ids');
    const builder = newGraph('text');
    builder.output('states', buildTextModel(new ModuleScope(builder, weights), config, builder.input('input_ids', 'int64', ids.shape)));
    weights.assertAllUsed();
    const { states } = await runOnce(sessions, folder, () => builder.build(), { input_ids: ids });
    return { textStates: errorOf(states, tensorNamed(outputs, 'last_hidden_state')) };
  },
  async unet(sessions, folder, inputs, outputs) {
    const model = await openFolder(join(folder, String((await readCaseInfo(folder))['folder'])));
    const [sample, states] = [tensorNamed(inputs, 'sample'), tensorNamed(inputs, 'encoder_hidden_states')];
    const builder = newGraph('unet');
    builder.output('prediction', (await addUnet(builder, model, sample, states)).prediction);
    const feeds = { latents: sample, timestep: asFloats(tensorNamed(inputs, 'timestep'), sample.shape[0]), states };
    const { prediction } = await runOnce(sessions, folder, () => builder.build(), feeds);
    return { unetPrediction: errorOf(prediction, tensorNamed(outputs, 'sample')) };
  },
  async vae(sessions, folder, inputs, outputs) {
    const vae = await loadAutoencoderKl(await openFolder(folder), 'sd15');
    const [image, latents] = [tensorNamed(inputs, 'image'), tensorNamed(inputs, 'latents')];
    const [batch, , height, width] = image.shape as readonly [number, number, number, number];
    const encoder = vae.encoderPlan({ batch, height, width });
    const decoder = vae.decoderPlan({ batch, height: height / vae.factor, width: width / vae.factor });
    const moments = await runOnce(sessions, encoder.key, encoder.build, { image });
    const decoded = await runOnce(sessions, decoder.key, decoder.build, { latents });
    return {
      vaeMean: errorOf(moments['mean'], tensorNamed(outputs, 'mean')), vaeLogvar: errorOf(moments['logvar'], tensorNamed(outputs, 'logvar')),
      vaeImage: errorOf(decoded['image'], tensorNamed(outputs, 'image')),
    };
  },
};

async function compareCase(sessions: SessionProvider, { folder, module }: LiveCase): Promise<Errors> {
  const compare = COMPARE[String(module)];
  if (compare === undefined) throw new Error(`No comparison for module "${String(module)}"`);
  return compare(sessions, folder, await readTensorFile(join(folder, 'inputs.safetensors')), await readTensorFile(join(folder, 'outputs.safetensors')));
}

/** Relative to the largest value: 1e-6 is usual; a wrong GELU or epsilon shows at 1e-4. */
const GOAL = { atMost: 2e-5 };

export const sd15Parity = defineProof({
  name: 'sd15-parity',
  expectedSeconds: 180,
  summary: 'Text encoder, U-Net and VAE give the numbers of transformers and diffusers on new random configurations.',
  async run(context) {
    const seed = proofSeed();
    const cases = await makeLiveCases(context, 'module-parity', { seed, cases: 6 });
    const errors = new Map<string, number[]>();
    await withSessions(async (sessions) => {
      for (const live of cases) {
        const found = await compareCase(sessions, live);
        context.log(`${live.id}: ${Object.entries(found).map(([name, error]) => `${name} ${error.toExponential(2)}`).join(', ')}`);
        for (const [name, error] of Object.entries(found)) errors.set(name, [...(errors.get(name) ?? []), error]);
      }
    });
    const names = ['textStates', 'unetPrediction', 'vaeMean', 'vaeLogvar', 'vaeImage'];
    const figures = Object.fromEntries(names.map((name) => [name, worst(errors.get(name) ?? [NaN])]));
    return judge({ ...figures, cases: cases.length, casesDrawnAnew: drawnAnew(cases), seed }, Object.fromEntries(names.map((name) => [name, GOAL])));
  },
});
