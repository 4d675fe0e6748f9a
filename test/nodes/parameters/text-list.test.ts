import { expect, it } from 'vitest';
import { textListNode } from '../../../nodes/parameters/text-list.ts';
import { nodeBench } from '../../support/node-bench.ts';

const bench = nodeBench();

it('textListNode gives its value, which is known without a run', async () => {
  expect((await bench.run(textListNode, {}, { value: ['b','a'] })).values).toEqual({ value: ['b','a'] });
  expect(textListNode.constants).toEqual({ value: 'value' });
});
