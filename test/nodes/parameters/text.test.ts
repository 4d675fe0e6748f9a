import { expect, it } from 'vitest';
import { textNode } from '../../../nodes/parameters/text.ts';
import { nodeBench } from '../../support/node-bench.ts';

const bench = nodeBench();

it('textNode gives its value, which is known without a run', async () => {
  expect((await bench.run(textNode, {}, { value: 'a' })).values).toEqual({ value: 'a' });
  expect(textNode.constants).toEqual({ value: 'value' });
});
