import { createTorchGenerator } from '../../src/main/core/random/torch-generator.ts';
import { createTable } from '../../src/main/engram/table.ts';
import { defineNode, port } from '../define.ts';

const AS_MODEL = 'as the model says';

export const conceptTableNode = defineNode({
  type: 'ConceptTable',
  version: 1,
  category: 'engram',
  title: 'Concept Table',
  doc: 'A new, untrained table for a registry: one small random vector per n-gram and one scale per channel. How it acts is told by the model unless chosen here.',
  inputs: {
    registry: port('Registry', 'The n-grams to make rows for.'),
    textEncoders: port('TextEncoders', 'The model family that the table is for.'),
  },
  params: {
    seed: { kind: 'seed', default: 0, doc: 'Seed of the first vectors.' },
    rule: { kind: 'choice', options: [AS_MODEL, 'absolute', 'relative-norm'], default: AS_MODEL, doc: 'How a vector is added: as it is, or as a direction with a length relative to the prompt\'s own states.' },
    tanh: { kind: 'choice', options: [AS_MODEL, 'on', 'off'], default: AS_MODEL, doc: 'Whether the scale passes through tanh, which bounds it.' },
    overlap: { kind: 'choice', options: [AS_MODEL, 'sum', 'mean'], default: AS_MODEL, doc: 'What happens where several n-grams cover one token.' },
  },
  outputs: { table: port('Table', 'The untrained table.') },
  run({ inputs, params }) {
    const { encoders } = inputs.textEncoders;
    const settings = {
      rule: params.rule === AS_MODEL ? encoders.injection.rule : params.rule,
      tanh: params.tanh === AS_MODEL ? encoders.injection.tanh : params.tanh === 'on',
      overlap: params.overlap === AS_MODEL ? encoders.injection.overlap : params.overlap,
    };
    return Promise.resolve({ table: createTable(inputs.registry, encoders.family, settings, createTorchGenerator(params.seed)) });
  },
});
