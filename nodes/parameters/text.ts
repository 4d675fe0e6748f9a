import { defineNode, port } from '../define.ts';

export const textNode = defineNode({
  type: 'Text',
  version: 1,
  category: 'parameters',
  title: 'Text',
  doc: 'A text that params of several nodes are linked to: a prompt, a name, a choice, a path.',
  inputs: {},
  params: { value: { kind: 'text', multiline: true, default: '', doc: 'The text.' } },
  outputs: { value: port('Text', 'The value.') },
  constants: { value: 'value' },
  run: ({ params }) => Promise.resolve({ value: params.value }),
});
