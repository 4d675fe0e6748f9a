import { defineNode, port } from '../define.ts';

export const promptListNode = defineNode({
  type: 'PromptList',
  version: 1,
  category: 'sampling',
  title: 'Prompt List',
  doc: 'Prompts written once and used in several places, for example with and without a table.',
  inputs: {},
  params: { prompts: { kind: 'text-list', default: [''], doc: 'One prompt per line.' } },
  outputs: { prompts: port('Prompts', 'The prompts, in order.') },
  run: ({ params }) => Promise.resolve({ prompts: params.prompts }),
});
