import type { RunContext } from '../../src/contract/node.ts';
import type { Picture } from '../values.ts';

/** The text chunks of a picture that a graph made: `engram-graph`, `engram-inputs` (content keys), prompt and seed. No time, no host. */
export function pictureText(picture: Picture, context: RunContext, embedGraph: boolean): Record<string, string> {
  const inputs = JSON.stringify(context.inputKeys);
  if (!embedGraph) return { 'engram-inputs': inputs };
  return {
    'engram-graph': context.graph,
    'engram-node': context.nodeId,
    'engram-inputs': inputs,
    ...(picture.prompt === '' ? {} : { 'engram-prompt': picture.prompt }),
    ...(picture.seed === undefined ? {} : { 'engram-seed': String(picture.seed) }),
  };
}
