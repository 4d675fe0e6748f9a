import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../../../src/main/backbones/config-reader.ts';
import { ModuleScope } from '../../../../../src/main/backbones/module-scope.ts';
import { T5_CONFIG } from '../../../../../src/main/backbones/modules/t5/config.ts';
import { relativeBuckets } from '../../../../../src/main/backbones/modules/t5/relative-buckets.ts';
import { buildT5Encoder, isT5Copy, t5KeySpellings } from '../../../../../src/main/backbones/modules/t5/t5-encoder.ts';
import { readStoredWeights, TRANSFORMERS_WEIGHTS } from '../../../../../src/main/backbones/weight-files.ts';
import { WeightSource } from '../../../../../src/main/backbones/weights.ts';
import { newGraph } from '../../../../../src/main/core/ops/registry.ts';
import { fakeModelFolder, nodeModelFolder } from '../../../../support/node-model-folder.ts';
import { readCase, relativeMaximum, tensorOf } from '../../../../support/reference-case.ts';
import { runGraph } from '../../../../support/run-graph.ts';

/** The references' own float32 error reaches 2e-6 (case.json); a wrong bucket or scale shows at 1e-2. */
const PARITY = 2e-5;

describe('T5EncoderModel', () => {
  it.each(['v1-1', 'narrow-heads-f16-shards', 'few-buckets-bf16', 'wide-inner-encoder-key'])('computes what transformers does: %s', async (name) => {
    const reference = readCase('sd3-modules', 't5', name);
    const folder = nodeModelFolder(reference.folder);
    const config = await readConfig(folder, 'text_encoder_3/config.json', T5_CONFIG);
    const stored = await readStoredWeights(folder, 'text_encoder_3/', TRANSFORMERS_WEIGHTS);
    const weights = new WeightSource({ label: 'text_encoder_3', stored, spellings: t5KeySpellings, ignored: isT5Copy });
    const ids = tensorOf(reference.inputs, 'input_ids');
    const builder = newGraph('t5');
    builder.output('states', buildT5Encoder(new ModuleScope(builder, weights), config, builder.input('input_ids', 'int64', ids.shape)));
    weights.assertAllUsed();
    const { states } = await runGraph(builder.build(), { input_ids: ids });
    expect(relativeMaximum(states, tensorOf(reference.outputs, 'last_hidden_state'))).toBeLessThanOrEqual(PARITY);
  });

  it('refuses the older version, whose feed-forward is another', async () => {
    const config = { model_type: 't5', feed_forward_proj: 'relu' };
    await expect(readConfig(fakeModelFolder({ 'config.json': { json: config } }), 'config.json', T5_CONFIG)).rejects.toThrow('feed_forward_proj must be "gated-gelu"');
  });
});

describe('relativeBuckets', () => {
  it('gives near distances a bucket each, far ones a shared one, and the directions halves of their own', () => {
    const row = [...relativeBuckets(300, 32, 128).subarray(0, 300)];
    expect(row.slice(0, 9)).toEqual([0, 17, 18, 19, 20, 21, 22, 23, 24]);
    expect(row.at(-1)).toBe(31);
    expect(row.slice(1)).toEqual(row.slice(1).toSorted((a, b) => a - b));
    const column = Array.from({ length: 300 }, (_, query) => relativeBuckets(300, 32, 128)[query * 300]!);
    expect(column.slice(1)).toEqual(row.slice(1).map((bucket) => bucket - 16));
  });
});
