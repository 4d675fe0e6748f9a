import { defineNode, port } from '../define.ts';

export const numberListNode = defineNode({
  type: 'NumberList',
  version: 1,
  category: 'parameters',
  title: 'Number List',
  doc: 'A list of whole numbers that params of several nodes are linked to, such as seeds.',
  inputs: {},
  params: { value: { kind: 'integer-list', min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, default: [], doc: 'The numbers.' } },
  outputs: { value: port('Numbers', 'The value.') },
  constants: { value: 'value' },
  run: ({ params }) => Promise.resolve({ value: params.value }),
});
