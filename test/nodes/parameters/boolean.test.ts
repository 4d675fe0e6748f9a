import { expect, it } from 'vitest';
import { booleanNode } from '../../../nodes/parameters/boolean.ts';
import { nodeBench } from '../../support/node-bench.ts';

const bench = nodeBench();

it('booleanNode gives its value, which is known without a run', async () => {
  expect((await bench.run(booleanNode, {}, { value: true })).values).toEqual({ value: true });
  expect(booleanNode.constants).toEqual({ value: 'value' });
});
