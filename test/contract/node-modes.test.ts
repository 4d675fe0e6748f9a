import { describe, expect, it } from 'vitest';
import { applyModes, type ActiveGraph } from '../../src/contract/node-modes.ts';
import type { GraphFile } from '../../src/contract/graph-file.ts';
import type { NodeSchema, PortSchema } from '../../src/contract/node.ts';

const image: PortSchema = { type: 'Image', doc: 'a picture' };
const blur: NodeSchema = { type: 'Blur', version: 1, category: 'toy', title: 'Blur', doc: 'Blurs.', inputs: { image }, outputs: { image, mask: image }, params: {}, passThrough: { image: 'image' } };
const SCHEMAS: Readonly<Record<string, NodeSchema>> = {
  Blur: blur,
  Load: { ...blur, type: 'Load', inputs: {}, outputs: { image }, passThrough: {} },
  Mix: { ...blur, type: 'Mix', inputs: { images: { ...image, many: true }, mask: { ...image, optional: true } }, passThrough: {} },
};

function apply(nodes: Record<string, { type: string; mode?: 'mute' | 'bypass'; from?: Record<string, string | string[]> }>): ActiveGraph {
  const link = (text: string): { node: string; port: string } => ({ node: text.split('.')[0] ?? '', port: text.split('.')[1] ?? 'image' });
  const filled: GraphFile['nodes'] = {};
  for (const [id, { type, mode, from = {} }] of Object.entries(nodes)) {
    const inputs = Object.fromEntries(Object.entries(from).map(([name, ends]) => [name, Array.isArray(ends) ? ends.map(link) : link(ends)]));
    filled[id] = { type, version: 1, params: {}, inputs, ...(mode === undefined ? {} : { mode }) };
  }
  return applyModes(filled, (node) => SCHEMAS[node.type]);
}

const wires = ({ nodes }: ActiveGraph): string[] => Object.entries(nodes).map(([id, node]) => `${id} <- ${Object.values(node.inputs).flat().map((link) => `${link.node}.${link.port}`).join(' ')}`.trim());

describe('applyModes', () => {
  it('leaves a graph without modes as it is', () => {
    const nodes = {};
    expect(applyModes(nodes, () => undefined).nodes).toBe(nodes);
  });

  it('leaves out what is muted and all that needs it; optional inputs and lists only lose their links', () => {
    const active = apply({
      load: { type: 'Load' }, off: { type: 'Blur', mode: 'mute', from: { image: 'load' } }, after: { type: 'Blur', from: { image: 'off' } }, last: { type: 'Blur', from: { image: 'after' } },
      mix: { type: 'Mix', from: { images: ['off', 'load'], mask: 'last' } }, all: { type: 'Mix', from: { images: ['off', 'after'] } },
    });
    expect(wires(active)).toEqual(['load <-', 'mix <- load.image']);
    expect(active.off).toEqual(new Map([['after', 'off'], ['last', 'off'], ['all', 'off']]));
    expect(active.faults).toEqual([]);
  });

  it('leads past bypassed nodes, several in a row too', () => {
    const active = apply({ load: { type: 'Load' }, a: { type: 'Blur', mode: 'bypass', from: { image: 'load' } }, b: { type: 'Blur', mode: 'bypass', from: { image: 'a' } }, c: { type: 'Blur', from: { image: 'b' } } });
    expect(wires(active)).toEqual(['load <-', 'c <- load.image']);
  });

  it('tells what a bypassed node cannot give, unless nobody needs it', () => {
    const nodes = { load: { type: 'Load' }, a: { type: 'Blur', mode: 'bypass' as const, from: { image: 'load' } }, b: { type: 'Blur', from: { image: 'a.mask' } } };
    expect(apply(nodes).faults).toMatchObject([{ code: 'graph.no-pass-through', nodeId: 'a', port: 'mask', where: 'Blur "a"' }]);
    expect(apply({ ...nodes, b: { ...nodes.b, mode: 'mute' as const } }).faults).toEqual([]);
  });

  it('tells of a bypassed node that has nothing to pass on, and of a loop of them', () => {
    expect(apply({ a: { type: 'Blur', mode: 'bypass' }, b: { type: 'Blur', from: { image: 'a' } } }).faults).toMatchObject([{ code: 'graph.missing-input', nodeId: 'a', port: 'image' }]);
    expect(apply({ a: { type: 'Blur', mode: 'bypass', from: { image: 'b' } }, b: { type: 'Blur', mode: 'bypass', from: { image: 'a' } }, c: { type: 'Blur', from: { image: 'b' } } }).faults).toMatchObject([{ code: 'graph.cycle' }]);
  });
});
