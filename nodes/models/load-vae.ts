import { loadVae } from '../../src/main/backbones/index.ts';
import { defineNode, port } from '../define.ts';

export const loadVaeNode = defineNode({
  type: 'LoadVAE',
  version: 1,
  category: 'models',
  title: 'Load VAE',
  doc: 'Opens an autoencoder alone, from a model folder or from its vae folder.',
  inputs: {},
  params: {
    folder: { kind: 'path', target: 'folder', access: 'read', default: '', doc: 'The model folder, or its vae folder.' },
  },
  outputs: { vae: port('VAE', 'The autoencoder.') },
  async run({ params, context }) {
    return { vae: await loadVae(await context.services.openModelFolder(params.folder)) };
  },
});
