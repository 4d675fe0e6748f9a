import { cancelledError, inputError } from '../../src/contract/errors.ts';
import { defineNode, port } from '../define.ts';
import type { Dataset } from '../values.ts';

/** Whether a caption holds the trigger, letter case and white space aside: that is how tokenizers see it. */
function holdsTrigger(caption: string, trigger: string): boolean {
  const fold = (text: string): string => text.normalize('NFC').toLowerCase().replace(/\s+/g, ' ').trim();
  return fold(caption).includes(fold(trigger));
}

export const imageDatasetNode = defineNode({
  type: 'ImageDataset',
  version: 1,
  category: 'data',
  title: 'Image Dataset',
  doc: 'Reads a folder of reference images with captions: `.txt` files beside the images, `metadata.jsonl`, or the Tiny-Engram authors\' `metadata.json` beside or above the folder. Says which captions lack the trigger.',
  inputs: {},
  params: {
    folder: { kind: 'path', target: 'folder', access: 'read', default: '', doc: 'The folder with the images.' },
    trigger: { kind: 'text', default: '', doc: 'The trigger that every caption should hold; empty to skip the check.' },
  },
  outputs: { dataset: port('Dataset', 'The images with their captions.') },
  async run({ params, context }) {
    const { services } = context;
    const listing = await services.listDataset(params.folder);
    const items: Dataset['items'][number][] = [];
    for (const [index, { name, path, caption }] of listing.items.entries()) {
      if (context.signal.aborted) throw cancelledError(context.where);
      items.push({ name, caption, picture: await services.images.decode(path) });
      context.progress({ done: index + 1, total: listing.items.length, message: name });
      if (params.trigger !== '' && !holdsTrigger(caption, params.trigger)) {
        context.warn(inputError('dataset.no-trigger', `${context.where}, ${name}`, `the caption should hold the trigger "${params.trigger}"`, { got: JSON.stringify(caption), hint: 'Without it the image teaches the table nothing.' }).data);
      }
    }
    return { dataset: { label: listing.label, items } };
  },
});
