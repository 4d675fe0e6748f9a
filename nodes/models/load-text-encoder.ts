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
    segments: { kind: 'integer', min: 1, max: 1000, default: 1, doc: 'Sessions that a large encoder is cut into between its blocks, each loaded and released in turn. 1 is fastest.' },
    leaveOut: { kind: 'text-list', default: [], doc: 'Ids of text streams to do without, to save memory, where the model can: it then gets zeros in their place.' },
  },
  outputs: { textEncoders: port('TextEncoders', 'The text encoders, with no table attached.') },
  async run({ params, context }) {
    const encoders = await loadTextEncoders(await context.services.openModelFolder(params.folder), { segments: params.segments, leaveOut: params.leaveOut });
    return { textEncoders: { encoders, attachments: [] } };
  },
});
