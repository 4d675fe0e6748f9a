import { expect, it } from 'vitest';
import { numberListNode } from '../../../nodes/parameters/number-list.ts';
import { nodeBench } from '../../support/node-bench.ts';

const bench = nodeBench();

it('numberListNode gives its value, which is known without a run', async () => {
  expect((await bench.run(numberListNode, {}, { value: [2,1,2] })).values).toEqual({ value: [2,1,2] });
  expect(numberListNode.constants).toEqual({ value: 'value' });
});
