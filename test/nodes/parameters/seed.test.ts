import { expect, it } from 'vitest';
import { seedNode } from '../../../nodes/parameters/seed.ts';
import { nodeBench } from '../../support/node-bench.ts';

const bench = nodeBench();

it('seedNode gives its value, which is known without a run', async () => {
  expect((await bench.run(seedNode, {}, { value: 7 })).values).toEqual({ value: 7 });
  expect(seedNode.constants).toEqual({ value: 'value' });
});
