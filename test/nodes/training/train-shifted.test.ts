import { join } from 'node:path';
import { expect, it } from 'vitest';
import { conceptTableNode } from '../../../nodes/engram/concept-table.ts';
import { triggerRegistryNode } from '../../../nodes/engram/trigger-registry.ts';
import { loadBackboneNode } from '../../../nodes/models/load-backbone.ts';
import { trainNode } from '../../../nodes/training/train.ts';
import type { Dataset } from '../../../nodes/values.ts';
import type { Registry } from '../../../src/main/engram/registry.ts';
import type { ConceptTable } from '../../../src/main/engram/table.ts';
import { nodeBench, type TinyModel } from '../../support/node-bench.ts';
import { picture } from '../../support/pictures.ts';
import { REFERENCE } from '../../support/reference-case.ts';

const TRIGGER = 'Aldric Vortex-9';
const bench = nodeBench();

it('trains at times that follow dynamic shifting at the size of the training pictures', async () => {
  const { backbone, textEncoders } = (await bench.run<TinyModel>(loadBackboneNode, {}, { folder: join(REFERENCE, 'tiny-sd3'), leaveOut: ['t5'] })).values;
  const { registry } = (await bench.run<{ registry: Registry }>(triggerRegistryNode, { textEncoders }, { trigger: TRIGGER })).values;
  const { table } = (await bench.run<{ table: ConceptTable }>(conceptTableNode, { registry, textEncoders }, { seed: 3 })).values;
  const dataset: Dataset = { label: 'images', items: [{ name: '1.png', caption: `a portrait of ${TRIGGER}`, picture: picture(64, 64, 1) }] };
  const train = async (contentKey: string, options: Record<string, unknown>): Promise<ConceptTable['streams']> => {
    const changed = { ...backbone, schedulerConfig: { ...backbone.schedulerConfig, ...options } };
    const params = { steps: 2, seed: 5, width: 48, height: 32, objective: 'rectified-flow-shifted' };
    return (await bench.run<{ table: ConceptTable }>(trainNode, { backbone: changed, table, dataset }, params, { contentKey })).values.table.streams;
  };
  // 48 x 32 pixels are 6 x 4 latents, 3 x 2 tokens: the middle of the line, where a linear shift is 4.
  const dynamic = { use_dynamic_shifting: true, time_shift_type: 'linear', base_shift: 2, max_shift: 6, base_image_seq_len: 4, max_image_seq_len: 8 };
  const followed = await train('b', dynamic);
  expect(followed).toEqual(await train('c', { shift: 4 }));
  expect(followed).not.toEqual(await train('d', { shift: 3 }));
});
