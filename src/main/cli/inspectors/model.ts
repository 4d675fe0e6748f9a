import { loadBackbone } from '../../backbones/index.ts';
import type { Inspector } from './inspector.ts';

export const modelInspector: Inspector = {
  kind: 'model folder',
  recognizes: (_path, isFolder) => Promise.resolve(isFolder),
  async inspect(path, workspace) {
    const folder = await workspace.openModel(path);
    const { family, textEncoders, vae, schedulerConfig, defaultSize, objective } = await loadBackbone(folder);
    const streams = textEncoders.streams.map(({ id, width, tokenizer, site }) => [id, { width, tokens: tokenizer.maxLength, vocabulary: tokenizer.vocabularySize, tokenizer: tokenizer.hash, site }] as const);
    return {
      kind: 'model folder',
      facts: {
        family, fingerprint: await folder.fingerprint(''), defaultSize: `${defaultSize.width}x${defaultSize.height}`, objective,
        streams: Object.fromEntries(streams), injection: textEncoders.injection,
        vae: { latentChannels: vae.latentChannels, factor: vae.factor, scaling: vae.scaling, shift: vae.shift }, scheduler: schedulerConfig,
      },
    };
  },
};
