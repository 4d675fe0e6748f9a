import type { GraphFile } from '../../../src/contract/graph-file.ts';

/** How many nodes and links, and how the nodes stand. */
export interface LargeGraphSize { readonly nodes: number; readonly links: number; readonly columns: number }

const ACROSS = 300;
const DOWN = 320;

/**
 * A graph of many nodes that fit each other: encoders of prompts, samplers and decoders in turn, with links to nodes that stand a little before.
 * Equal for equal sizes. Its use is to be drawn: nothing says that it can run.
 */
export function largeGraph({ nodes: count, links, columns }: LargeGraphSize): GraphFile {
  const nodes: Record<string, GraphFile['nodes'][string]> = {};
  const kinds = ['EmptyLatent', 'Sample', 'VAEDecode', 'SaveImage'] as const;
  for (let index = 0; index < count; index++) {
    nodes[`n${index}`] = {
      type: kinds[index % kinds.length] ?? 'Sample', version: index % kinds.length === 3 ? 2 : 1, params: {}, inputs: {},
      ui: { position: [(index % columns) * ACROSS, Math.floor(index / columns) * DOWN] },
    };
  }
  linkUp(nodes, count, links);
  return { format: 'engram-graph', version: 1, name: 'large', nodes };
}

/** Output, the kind's input that takes it, and how many places on the taker stands: 1 in the row, then ever farther. */
const LINKS = [{ from: 0, output: 'latents', input: 'latents', step: 1 }, { from: 1, output: 'latents', input: 'latents', step: 1 }, { from: 2, output: 'image', input: 'image', step: 1 }] as const;

function linkUp(nodes: Record<string, GraphFile['nodes'][string]>, count: number, wanted: number): void {
  let made = 0;
  for (const { from, output, input, step } of LINKS) {
    for (let index = from; index + step < count && made < wanted; index += 4) {
      (nodes[`n${index + step}`]?.inputs ?? {})[input] = { node: `n${index}`, port: output };
      made += 1;
    }
  }
  // Positive and negative prompts from far nodes: long links across the canvas; the ports' types don't matter to drawing.
  for (const [input, distance] of [['positive', 41], ['negative', 83], ['backbone', 157]] as const) {
    for (let index = 1; index < count && made < wanted; index += 4) {
      const source = index - 1 - distance * 4;
      (nodes[`n${index}`]?.inputs ?? {})[input] = { node: `n${(source + count * 4) % count}`, port: 'latents' };
      made += 1;
    }
  }
}
