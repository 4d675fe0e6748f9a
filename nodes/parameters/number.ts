import { defineNode, port } from '../define.ts';

export const numberNode = defineNode({
  type: 'Number',
  version: 1,
  category: 'parameters',
  title: 'Number',
  doc: 'A number that params of several nodes are linked to.',
  inputs: {},
  params: { value: { kind: 'number', min: -1e15, max: 1e15, default: 0, doc: 'The number. What a linked param allows is told on the node of that param.' } },
  outputs: { value: port('Number', 'The value.') },
  constants: { value: 'value' },
  run: ({ params }) => Promise.resolve({ value: params.value }),
});
