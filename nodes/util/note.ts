import { defineNode } from '../define.ts';

export const noteNode = defineNode({
  type: 'Note',
  version: 1,
  category: 'utility',
  title: 'Note',
  doc: 'Text for people. It does nothing.',
  inert: true,
  inputs: {},
  params: { text: { kind: 'text', multiline: true, default: '', doc: 'What you want to say.' } },
  outputs: {},
  run: () => Promise.resolve({}),
});
