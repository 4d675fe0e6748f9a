import { loadBackbone } from '../../src/main/backbones/index.ts';
import { defineNode, port } from '../define.ts';

export const loadBackboneNode = defineNode({
  type: 'LoadBackbone',
  version: 1,
  category: 'models',
  title: 'Load Backbone',
  doc: 'Opens a frozen generator from a diffusers folder, as it is. The family is told from the folder\'s own files; nothing is converted or copied.',
  inputs: {},
  params: {
    folder: { kind: 'path', target: 'folder', access: 'read', default: '', doc: 'The model folder: beside the graph file, or `models:NAME` in the models folder.' },
    segments: { kind: 'integer', min: 1, max: 1000, default: 1, doc: 'Sessions that the denoiser is cut into between its blocks, each loaded and released in turn: for models larger than memory. 1 is fastest.' },
    leaveOut: { kind: 'text-list', default: [], doc: 'Ids of text streams to do without, to save memory, where the model can: it then gets zeros in their place.' },
  },
  outputs: {
    backbone: port('Backbone', 'The whole generator.'),
    textEncoders: port('TextEncoders', 'Its text encoders, with no table attached.'),
    vae: port('VAE', 'Its autoencoder.'),
  },
  async run({ params, context }) {
    const backbone = await loadBackbone(await context.services.openModelFolder(params.folder), { segments: params.segments, leaveOut: params.leaveOut });
    return { backbone, textEncoders: { encoders: backbone.textEncoders, attachments: [] }, vae: backbone.vae };
  },
});
