import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../../../src/main/backbones/config-reader.ts';
import { ModuleScope } from '../../../../../src/main/backbones/module-scope.ts';
import { PROJECTION_CONFIG } from '../../../../../src/main/backbones/modules/clip-text/config.ts';
import { buildProjectedTextModel, isTextBuffer, pooledPosition, textKeySpellings } from '../../../../../src/main/backbones/modules/clip-text/text-model.ts';
import { readStoredWeights, TRANSFORMERS_WEIGHTS } from '../../../../../src/main/backbones/weight-files.ts';
import { WeightSource } from '../../../../../src/main/backbones/weights.ts';
import { int64Tensor } from '../../../../../src/main/core/ir/tensor.ts';
import { newGraph } from '../../../../../src/main/core/ops/registry.ts';
import { nodeModelFolder } from '../../../../support/node-model-folder.ts';
import { readCase, relativeMaximum, tensorOf } from '../../../../support/reference-case.ts';
import { runGraph } from '../../../../support/run-graph.ts';

/** The references' own float32 error reaches 6e-7 (case.json); a wrong layer or place shows at 1e-2. */
const PARITY = 2e-5;

describe('CLIPTextModelWithProjection', () => {
  it.each(['clip-l', 'clip-g-f16', 'eos-by-id-bf16', 'one-layer'])('gives the penultimate states and the projection that transformers gives: %s', async (name) => {
    const reference = readCase('sd3-modules', 'text-projection', name);
    const folder = nodeModelFolder(reference.folder);
    const config = await readConfig(folder, 'text_encoder/config.json', PROJECTION_CONFIG);
    const stored = await readStoredWeights(folder, 'text_encoder/', TRANSFORMERS_WEIGHTS);
    const weights = new WeightSource({ label: 'text_encoder', stored, spellings: textKeySpellings, ignored: isTextBuffer });
    const ids = tensorOf(reference.inputs, 'input_ids');
    const [batch, tokens] = ids.shape as [number, number];
    const builder = newGraph('text');
    const { penultimate, pooled } = buildProjectedTextModel(new ModuleScope(builder, weights), config, builder.input('input_ids', 'int64', ids.shape), builder.input('places', 'int64', [batch]));
    weights.assertAllUsed();
    builder.output('penultimate', penultimate);
    builder.output('text_embeds', pooled);
    const rows = Array.from({ length: batch }, (_, row) => Array.from(ids.data as BigInt64Array, Number).slice(row * tokens, (row + 1) * tokens));
    const places = int64Tensor(rows.map((row, index) => index * tokens + pooledPosition(row, config)), [batch]);
    const results = await runGraph(builder.build(), { input_ids: ids, places });
    for (const output of ['penultimate', 'text_embeds']) {
      expect(relativeMaximum(results[output], tensorOf(reference.outputs, output)), output).toBeLessThanOrEqual(PARITY);
    }
  });
});

describe('pooledPosition', () => {
  it('is the first largest id for old configs, else the first end token, else the start', () => {
    expect(pooledPosition([5, 9, 3, 9], { eos_token_id: 2 })).toBe(1);
    expect(pooledPosition([5, 9, 3, 9], { eos_token_id: 3 })).toBe(2);
    expect(pooledPosition([5, 9, 4], { eos_token_id: 3 })).toBe(0);
  });
});
