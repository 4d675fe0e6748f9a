import { defineNode, port } from '../define.ts';

export const booleanNode = defineNode({
  type: 'Boolean',
  version: 1,
  category: 'parameters',
  title: 'Boolean',
  doc: 'A switch that params of several nodes are linked to.',
  inputs: {},
  params: { value: { kind: 'boolean', default: false, doc: 'On or off.' } },
  outputs: { value: port('Boolean', 'The value.') },
  constants: { value: 'value' },
  run: ({ params }) => Promise.resolve({ value: params.value }),
});
