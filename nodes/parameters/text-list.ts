import { defineNode, port } from '../define.ts';

export const textListNode = defineNode({
  type: 'TextList',
  version: 1,
  category: 'parameters',
  title: 'Text List',
  doc: 'A list of texts that params of several nodes are linked to.',
  inputs: {},
  params: { value: { kind: 'text-list', default: [''], doc: 'One text per line.' } },
  outputs: { value: port('Texts', 'The value.') },
  constants: { value: 'value' },
  run: ({ params }) => Promise.resolve({ value: params.value }),
});
