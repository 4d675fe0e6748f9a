import { join } from 'node:path';
import { readConfig } from '../../src/main/backbones/config-reader.ts';
import { ModuleScope } from '../../src/main/backbones/module-scope.ts';
import { loadAutoencoderKl } from '../../src/main/backbones/modules/autoencoder-kl/vae.ts';
import { PROJECTION_CONFIG } from '../../src/main/backbones/modules/clip-text/config.ts';
import { buildProjectedTextModel, isTextBuffer, pooledPosition, textKeySpellings } from '../../src/main/backbones/modules/clip-text/text-model.ts';
import { T5_CONFIG } from '../../src/main/backbones/modules/t5/config.ts';
import { buildT5Encoder, isT5Copy, t5KeySpellings } from '../../src/main/backbones/modules/t5/t5-encoder.ts';
import { readStoredWeights, TRANSFORMERS_WEIGHTS } from '../../src/main/backbones/weight-files.ts';
import { WeightSource } from '../../src/main/backbones/weights.ts';
import { int64Tensor, type Tensor } from '../../src/main/core/ir/tensor.ts';
import { newGraph } from '../../src/main/core/ops/registry.ts';
import type { SessionProvider } from '../../src/main/core/session.ts';
import { defineProof, judge } from './framework/proof.ts';
import { least, relativeMaximum, worst } from './support/compare.ts';
import { drawnAnew, makeLiveCases, proofSeed, readCaseInfo, readTensorFile, tensorNamed } from './support/live.ts';
import { addSd3Transformer, feedsOf } from './support/sd3-cases.ts';
import { openFolder, runOnce, withSessions } from './support/workbench.ts';

type Tensors = Readonly<Record<string, Tensor>>;
/** Relative errors of one case, by figure. */
type Compare = (sessions: SessionProvider, folder: string, inputs: Tensors, outputs: Tensors) => Promise<Readonly<Record<string, number>>>;

function errorOf(actual: Tensor | undefined, expected: Tensor): number {
  return actual === undefined ? NaN : relativeMaximum(actual.data as Float32Array, expected.data as Float32Array);
}

/** How each module's cases are compared. */
const COMPARE: Readonly<Record<string, Compare>> = {
  async 'text-projection'(sessions, folder, inputs, outputs) {
    const model = await openFolder(join(folder, 'text_encoder'));
    const config = await readConfig(model, 'config.json', PROJECTION_CONFIG);
    const weights = new WeightSource({ label: 'text_encoder', stored: await readStoredWeights(model, '', TRANSFORMERS_WEIGHTS), spellings: textKeySpellings, ignored: isTextBuffer });
    const ids = tensorNamed(inputs, 'input_ids');
    const [batch, tokens] = ids.shape as readonly [number, number];
    const builder = newGraph('text');
    const made = buildProjectedTextModel(new ModuleScope(builder, weights), config, builder.input('input_ids', 'int64', ids.shape), builder.input('places', 'int64', [batch]));
    builder.output('penultimate', made.penultimate);
    builder.output('pooled', made.pooled);
    weights.assertAllUsed();
    const all = Array.from(ids.data as BigInt64Array, Number);
    const places = Array.from({ length: batch }, (_, row) => row * tokens + pooledPosition(all.slice(row * tokens, (row + 1) * tokens), config));
    const results = await runOnce(sessions, folder, () => builder.build(), { input_ids: ids, places: int64Tensor(places, [batch]) });
    return { clipPenultimate: errorOf(results['penultimate'], tensorNamed(outputs, 'penultimate')), clipProjection: errorOf(results['pooled'], tensorNamed(outputs, 'text_embeds')) };
  },
  async t5(sessions, folder, inputs, outputs) {
    const model = await openFolder(join(folder, 'text_encoder_3'));
    const config = await readConfig(model, 'config.json', T5_CONFIG);
    const weights = new WeightSource({ label: 'text_encoder_3', stored: await readStoredWeights(model, '', TRANSFORMERS_WEIGHTS), spellings: t5KeySpellings, ignored: isT5Copy });
    const ids = tensorNamed(inputs, 'input_ids');
    const builder = newGraph('t5');
    builder.output('states', buildT5Encoder(new ModuleScope(builder, weights), config, builder.input('input_ids', 'int64', ids.shape)));
    weights.assertAllUsed();
    const { states } = await runOnce(sessions, folder, () => builder.build(), { input_ids: ids });
    return { t5States: errorOf(states, tensorNamed(outputs, 'last_hidden_state')) };
  },
  async 'sd3-transformer'(sessions, folder, inputs, outputs) {
    const builder = newGraph('transformer');
    builder.output('prediction', (await addSd3Transformer(builder, folder, inputs)).prediction);
    const { prediction } = await runOnce(sessions, folder, () => builder.build(), feedsOf(inputs, 'target'));
    return { transformerPrediction: errorOf(prediction, tensorNamed(outputs, 'sample')) };
  },
  async 'vae-sd3'(sessions, folder, inputs, outputs) {
    const vae = await loadAutoencoderKl(await openFolder(folder), 'sd3');
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

interface CaseFacts {
  readonly config: Readonly<Record<string, unknown>>;
  /** How the weights are stored. */
  readonly weights: { readonly dtype: string; readonly shards?: number; readonly embed?: string };
  readonly inputs: Tensors;
}

/** Options that some cases of a module must have and others not. */
const OPTIONS: Readonly<Record<string, (facts: CaseFacts) => Readonly<Record<string, boolean>>>> = {
  'text-projection': ({ config }) => ({ quickGelu: config['hidden_act'] === 'quick_gelu', endTokenById: config['eos_token_id'] !== 2 }),
  t5: ({ weights: { shards = 1, embed } }) => ({ sharded: shards > 1, embeddingsUnderBothKeys: embed === 'both', embeddingsUnderEncoderKey: embed === 'encoder' }),
  'sd3-transformer': ({ config, weights: { shards = 1 }, inputs }) => {
    const [qkNorm, dualAttention] = [config['qk_norm'] === 'rms_norm', Array.isArray(config['dual_attention_layers']) && config['dual_attention_layers'].length > 0];
    return { qkNorm, dualAttention, qkNormAndDualAttention: qkNorm && dualAttention, neitherOfThem: !qkNorm && !dualAttention, t5: inputs['states.t5'] !== undefined, sharded: shards > 1 };
  },
  'vae-sd3': () => ({}),
};
const DTYPES = ['F32', 'F16', 'BF16'];

/** Which options a case has, by the module's name and the option's. */
async function optionsOf(folder: string, module: string, inputs: Tensors): Promise<Readonly<Record<string, boolean>>> {
  const { folder: part, weights } = await readCaseInfo(folder) as { folder: string; weights: CaseFacts['weights'] };
  const config = await (await openFolder(join(folder, part))).readJson('config.json') as Record<string, unknown>;
  const own = { ...OPTIONS[module]?.({ config, weights, inputs }), ...Object.fromEntries(DTYPES.map((dtype) => [dtype, weights.dtype === dtype])) };
  return Object.fromEntries(Object.entries(own).map(([option, has]) => [`${module} ${option}`, has]));
}

const CASES = 6;

/** Relative to the largest value: 1e-6 is usual; a wrong activation or epsilon shows at 1e-4. */
const GOAL = { atMost: 2e-5 };
const FIGURES = ['clipPenultimate', 'clipProjection', 't5States', 'transformerPrediction', 'vaeMean', 'vaeLogvar', 'vaeImage'];

export const sd35Parity = defineProof({
  name: 'sd35-parity',
  expectedSeconds: 240,
  summary: 'Both forms of CLIP, the T5 encoder, the joint-attention transformer and the 16-channel VAE give the numbers of transformers and diffusers on new random configurations, with every option and without.',
  async run(context) {
    const seed = proofSeed();
    const cases = await makeLiveCases(context, 'module-parity', { seed, cases: CASES, modules: Object.keys(COMPARE) });
    const errors = new Map<string, number[]>();
    const options = new Map<string, number>();
    await withSessions(async (sessions) => {
      for (const { id, folder, module } of cases) {
        const inputs = await readTensorFile(join(folder, 'inputs.safetensors'));
        const found = await (COMPARE[String(module)] as Compare)(sessions, folder, inputs, await readTensorFile(join(folder, 'outputs.safetensors')));
        context.log(`${id}: ${Object.entries(found).map(([name, error]) => `${name} ${error.toExponential(2)}`).join(', ')}`);
        for (const [name, error] of Object.entries(found)) errors.set(name, [...(errors.get(name) ?? []), error]);
        for (const [option, has] of Object.entries(await optionsOf(folder, String(module), inputs))) options.set(option, (options.get(option) ?? 0) + Number(has));
      }
    });
    const figures = Object.fromEntries(FIGURES.map((name) => [name, worst(errors.get(name) ?? [NaN])]));
    const casesPerModule = least(Object.keys(COMPARE).map((name) => cases.filter(({ module }) => module === name).length));
    const untried = [...options].filter(([, count]) => count === 0 || count === casesPerModule).map(([option]) => option).join(', ');
    return judge({ ...figures, cases: cases.length, casesPerModule, casesWith: Object.fromEntries(options), optionsInNoneOrAll: untried, casesDrawnAnew: drawnAnew(cases), seed }, {
      ...Object.fromEntries(FIGURES.map((name) => [name, GOAL])), casesPerModule: { atLeast: 4 }, optionsInNoneOrAll: { equals: '' },
    });
  },
});
