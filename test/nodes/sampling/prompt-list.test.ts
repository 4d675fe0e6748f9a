import { expect, it } from 'vitest';
import { promptListNode } from '../../../nodes/sampling/prompt-list.ts';
import { nodeBench } from '../../support/node-bench.ts';

const bench = nodeBench();

it('Prompt List gives its prompts, in order', async () => {
  expect((await bench.run(promptListNode, {}, { prompts: ['b', 'a', 'b'] })).values).toEqual({ prompts: ['b', 'a', 'b'] });
});
