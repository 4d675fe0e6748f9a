import { expect, it } from 'vitest';
import { numberNode } from '../../../nodes/parameters/number.ts';
import { nodeBench } from '../../support/node-bench.ts';

const bench = nodeBench();

it('numberNode gives its value, which is known without a run', async () => {
  expect((await bench.run(numberNode, {}, { value: 2.5 })).values).toEqual({ value: 2.5 });
  expect(numberNode.constants).toEqual({ value: 'value' });
});
