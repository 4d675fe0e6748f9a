import { defineNode, port } from '../define.ts';

export const seedNode = defineNode({
  type: 'Seed',
  version: 1,
  category: 'parameters',
  title: 'Seed',
  doc: 'A seed that several nodes are linked to.',
  inputs: {},
  params: { value: { kind: 'seed', default: 0, doc: 'The seed.' } },
  outputs: { value: port('Number', 'The value.') },
  constants: { value: 'value' },
  run: ({ params }) => Promise.resolve({ value: params.value }),
});
