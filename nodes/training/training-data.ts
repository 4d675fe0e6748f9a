import { inputError } from '../../src/contract/errors.ts';
import type { RunContext } from '../../src/contract/node.ts';
import type { Backbone, TextStates } from '../../src/main/backbones/backbone.ts';
import type { TrainingData } from '../../src/main/engram/training/data.ts';
import { encodePictures, type Moments } from '../encode-pictures.ts';
import type { FitMode, NodeServices } from '../services.ts';
import type { Dataset, Picture } from '../values.ts';

/** The size that training images are brought to, and how. */
export interface TrainingSize {
  readonly width: number;
  readonly height: number;
  readonly fit: FitMode;
}

/**
 * What a table is trained on: every image's VAE moments and every caption's base states, computed once.
 * @throws AppError when the dataset is empty or the size doesn't fit the VAE.
 */
export async function prepareTrainingData(backbone: Backbone, dataset: Dataset, size: TrainingSize, context: RunContext<NodeServices>): Promise<TrainingData> {
  if (dataset.items.length === 0) throw inputError('train.no-images', context.where, 'the dataset must hold at least one image');
  const { services } = context;
  const pictures: Picture[] = [];
  for (const { picture } of dataset.items) pictures.push(await services.images.resize(picture, size.width, size.height, size.fit));
  const moments = await encodePictures(backbone.vae, pictures, context);
  const captions = [...new Set(dataset.items.map((item) => item.caption))];
  const encoded = await services.textStates.encode(backbone.textEncoders, captions);
  const textOf = new Map(captions.map((caption, index) => [caption, encoded[index] as TextStates]));
  const { vae } = backbone;
  return {
    channels: vae.latentChannels, height: size.height / vae.factor, width: size.width / vae.factor, scaling: vae.scaling, shift: vae.shift,
    examples: dataset.items.map((item, index) => ({ name: item.name, ...(moments[index] as Moments), text: textOf.get(item.caption) as TextStates })),
  };
}
