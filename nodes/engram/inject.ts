import { checkCompatible } from '../../src/main/engram/compatibility.ts';
import { defineNode, manyPort, port } from '../define.ts';

export const injectNode = defineNode({
  type: 'Inject',
  version: 1,
  category: 'engram',
  title: 'Inject',
  doc: 'Hangs concept tables onto text encoders. Prompts that hold none of their n-grams stay exactly as they were.',
  inputs: {
    textEncoders: port('TextEncoders', 'The encoders to act on; tables that they already carry stay.'),
    tables: manyPort('Table', 'The tables to add. Where several match, their deltas add up.'),
  },
  params: {
    strength: { kind: 'number', min: -4, max: 4, step: 0.05, default: 1, doc: 'Factor on what these tables add; 0 gives the base.' },
    negative: { kind: 'boolean', default: true, doc: 'Whether triggers in the negative prompt act too.' },
  },
  outputs: { textEncoders: port('TextEncoders', 'The encoders with the tables attached.') },
  passThrough: { textEncoders: 'textEncoders' },
  run({ inputs, params }) {
    const { encoders, attachments } = inputs.textEncoders;
    for (const table of inputs.tables) checkCompatible(table, encoders);
    const added = inputs.tables.map((table) => ({ table, strength: params.strength, negative: params.negative }));
    return Promise.resolve({ textEncoders: { encoders, attachments: [...attachments, ...added] } });
  },
});
