import { METADATA_CHOICES, PICTURE_TEXTS, type MetadataChoice } from '../../src/contract/image-metadata.ts';
import type { RunContext } from '../../src/contract/node.ts';
import type { ChoiceParam } from '../../src/contract/params.ts';
import type { Picture } from '../values.ts';

/** The param with which a node that writes pictures asks what they may tell. */
export const metadataParam = {
  kind: 'choice', options: METADATA_CHOICES, default: 'full',
  doc: '"full" writes the graph, its params, prompt and seed, versions, device and hashes of model files into the file: `engram verify` can prove the picture. "none" is for sharing: prompts, graph and paths stay with you, in the file and in its name.',
} as const satisfies ChoiceParam;

/**
 * The texts of a picture that a graph made; see {@link PICTURE_TEXTS}. No time, no host.
 * With `none` there are no content keys either: they are hashes over prompts among other things, so that a guess could be tried out against them.
 * @param place Which of the node's pictures it is, from 0.
 */
export function pictureText(picture: Picture, context: RunContext, metadata: MetadataChoice, place: { readonly index: number; readonly count: number } = { index: 0, count: 1 }): Record<string, string> {
  if (metadata === 'none') return {};
  return {
    [PICTURE_TEXTS.graph]: context.graph,
    [PICTURE_TEXTS.node]: context.nodeId,
    [PICTURE_TEXTS.inputs]: JSON.stringify(context.inputKeys),
    [PICTURE_TEXTS.place]: `${place.index + 1}/${place.count}`,
    [PICTURE_TEXTS.provenance]: JSON.stringify(context.provenance),
    ...(picture.prompt === '' ? {} : { [PICTURE_TEXTS.prompt]: picture.prompt }),
    ...(picture.seed === undefined ? {} : { [PICTURE_TEXTS.seed]: String(picture.seed) }),
  };
}
