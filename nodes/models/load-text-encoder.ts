import { loadTextEncoders } from '../../src/main/backbones/index.ts';
import { defineNode, port } from '../define.ts';

export const loadTextEncoderNode = defineNode({
  type: 'LoadTextEncoder',
  version: 1,
  category: 'models',
  title: 'Load Text Encoder',
  doc: 'Opens the text encoders and tokenizers of a model folder alone.',
  inputs: {},
  params: {
    folder: { kind: 'path', target: 'folder', access: 'read', default: '', doc: 'The model folder.' },
  },
  outputs: { textEncoders: port('TextEncoders', 'The text encoders, with no table attached.') },
  async run({ params, context }) {
    const encoders = await loadTextEncoders(await context.services.openModelFolder(params.folder));
    return { textEncoders: { encoders, attachments: [] } };
  },
});
