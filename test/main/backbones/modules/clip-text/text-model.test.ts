import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../../../src/main/backbones/config-reader.ts';
import { ModuleScope } from '../../../../../src/main/backbones/module-scope.ts';
import { TEXT_CONFIG } from '../../../../../src/main/backbones/modules/clip-text/config.ts';
import { buildTextModel, isTextBuffer, textKeySpellings } from '../../../../../src/main/backbones/modules/clip-text/text-model.ts';
import { readStoredWeights, TRANSFORMERS_WEIGHTS } from '../../../../../src/main/backbones/weight-files.ts';
import { WeightSource } from '../../../../../src/main/backbones/weights.ts';
import { newGraph } from '../../../../../src/main/core/ops/registry.ts';
import { nodeModelFolder } from '../../../../support/node-model-folder.ts';
import { readCase, relativeMaximum, tensorOf } from '../../../../support/reference-case.ts';
import { runGraph } from '../../../../support/run-graph.ts';

/** The references' own float32 error reaches 1e-6 (case.json); a wrong activation shows at 1e-3. */
const PARITY = 2e-5;

const CASES = ['quick-gelu-prefixed', 'gelu-eos-by-id', 'eight-heads-f16', 'gelu-deep-short', 'quick-gelu-bf16', 'one-token'];

describe('CLIPTextModel', () => {
  it.each(CASES)('computes what transformers does after every layer: %s', async (name) => {
    const reference = readCase('modules', 'text-encoder', name);
    const folder = nodeModelFolder(reference.folder);
    const config = await readConfig(folder, 'text_encoder/config.json', TEXT_CONFIG);
    const stored = await readStoredWeights(folder, 'text_encoder/', TRANSFORMERS_WEIGHTS);
    const weights = new WeightSource({ label: 'text_encoder', stored, spellings: textKeySpellings, ignored: isTextBuffer });
    const ids = tensorOf(reference.inputs, 'input_ids');
    const builder = newGraph('text');
    builder.output('last_hidden_state', buildTextModel(new ModuleScope(builder, weights), config, builder.input('input_ids', 'int64', ids.shape)));
    weights.assertAllUsed();
    const { nodes } = builder.build();
    for (let layer = 0; layer < config.num_hidden_layers; layer += 1) {
      const last = nodes.findLast((node) => node.name.startsWith(`text_model.encoder.layers.${layer}.`));
      builder.output(`hidden_states.${layer + 1}`, last!.outputs[0]!);
    }
    const results = await runGraph(builder.build(), { input_ids: ids });
    for (const [output, actual] of Object.entries(results)) {
      expect(relativeMaximum(actual, tensorOf(reference.outputs, output)), output).toBeLessThanOrEqual(PARITY);
    }
  });

  it('gives the later positions no say in the earlier ones', async () => {
    const reference = readCase('modules', 'text-encoder', 'quick-gelu-prefixed');
    const folder = nodeModelFolder(join(reference.folder, 'text_encoder'));
    const config = await readConfig(folder, 'config.json', TEXT_CONFIG);
    const weights = new WeightSource({ label: 'text_encoder', stored: await readStoredWeights(folder, '', TRANSFORMERS_WEIGHTS), spellings: textKeySpellings, ignored: isTextBuffer });
    const builder = newGraph('text');
    builder.output('states', buildTextModel(new ModuleScope(builder, weights), config, builder.input('input_ids', 'int64', [1, 4])));
    const run = async (ids: bigint[]): Promise<number[]> => [...(await runGraph(builder.build(), { input_ids: { dtype: 'int64', shape: [1, 4], data: BigInt64Array.from(ids) } })).states!.data as Float32Array];
    const [first, second] = [await run([5n, 6n, 7n, 8n]), await run([5n, 6n, 7n, 99n])];
    const width = config.hidden_size;
    expect(second.slice(0, 3 * width)).toEqual(first.slice(0, 3 * width));
    expect(second.slice(3 * width)).not.toEqual(first.slice(3 * width));
  });
});
