import { describe, expect, it } from 'vitest';
import { flattenGraph } from '../../src/contract/flatten-graph.ts';
import type { GraphFile, GraphNode } from '../../src/contract/graph-file.ts';
import { parseGraph } from '../../src/main/runtime/read-graph.ts';

type Loose = Partial<GraphNode> & { type: string };
const at = (text: string): { node: string; port: string } => ({ node: text.split('.')[0] ?? '', port: text.split('.')[1] ?? '' });

function graph(nodes: Record<string, Loose>, subgraphs: Record<string, unknown>): GraphFile {
  const filled = Object.fromEntries(Object.entries(nodes).map(([id, node]) => [id, { version: 1, ...node }]));
  return parseGraph(JSON.stringify({ format: 'engram-graph', version: 1, nodes: filled, subgraphs }), 'test.graph.json');
}

const io = (inputs: Record<string, unknown> = {}): Record<string, unknown> => ({ in: { type: 'subgraph-inputs', version: 1 }, out: { type: 'subgraph-outputs', version: 1, inputs } });
const picture = { type: 'Image' };

/** Blurs twice; the strength of the second is the sub-graph's. */
const twice = {
  inputs: { image: picture }, outputs: { image: picture }, params: { strength: { node: 'second', param: 'strength' } }, passThrough: { image: 'image' },
  nodes: {
    ...io({ image: at('second.image') }),
    first: { type: 'Blur', version: 1, params: { strength: 1 }, inputs: { image: at('in.image') } },
    second: { type: 'Blur', version: 1, title: 'The second', params: { strength: 2 }, inputs: { image: at('first.image') } },
  },
};

describe('flattenGraph', () => {
  it('gives a graph without sub-graphs back as it is', () => {
    const plain = graph({ a: { type: 'Blur' } }, { twice });
    expect(flattenGraph(plain)).toEqual({ nodes: plain.nodes, faults: [] });
    expect(flattenGraph(plain).nodes).toBe(plain.nodes);
  });

  it('puts the inside of every use in its place, linked through its ports, with its own params', () => {
    const { nodes, faults } = flattenGraph(graph({
      load: { type: 'Load' }, a: { type: 'subgraph:twice', params: { strength: 7 }, inputs: { image: at('load.image') } }, b: { type: 'subgraph:twice', title: 'B', inputs: { image: at('a.image') } }, save: { type: 'Save', inputs: { image: at('b.image') } },
    }, { twice }));
    expect(faults).toEqual([]);
    expect(Object.keys(nodes)).toEqual(['load', 'a/first', 'a/second', 'b/first', 'b/second', 'save']);
    expect(nodes['a/first']?.inputs).toEqual({ image: at('load.image') });
    expect(nodes['a/second']).toMatchObject({ title: 'a/The second', params: { strength: 7 }, inputs: { image: at('a/first.image') } });
    expect(nodes['b/first']?.inputs).toEqual({ image: at('a/second.image') });
    expect(nodes['b/second']).toMatchObject({ title: 'B/The second', params: { strength: 2 } });
    expect(nodes['save']?.inputs).toEqual({ image: at('b/second.image') });
  });

  it('reaches through nested ones, for params and for links to params too', () => {
    const outer = {
      inputs: { image: picture }, outputs: { image: picture }, params: { power: { node: 'inner', param: 'strength' } },
      nodes: { ...io({ image: at('inner.image') }), inner: { type: 'subgraph:twice', version: 1, params: { strength: 5 }, inputs: { image: at('in.image') } } },
    };
    const { nodes, faults } = flattenGraph(graph({
      number: { type: 'Number' }, load: { type: 'Load' },
      a: { type: 'subgraph:outer', inputs: { image: at('load.image') } }, b: { type: 'subgraph:outer', params: { power: 9 } }, c: { type: 'subgraph:outer', inputs: { power: at('number.value') } },
    }, { twice, outer }));
    expect(faults).toEqual([]);
    expect(nodes['a/inner/first']?.inputs).toEqual({ image: at('load.image') });
    expect(nodes['a/inner/second']).toMatchObject({ params: { strength: 5 } });
    expect(nodes['b/inner/second']).toMatchObject({ params: { strength: 9 }, inputs: { image: { node: 'b/inner/first' } } });
    expect(nodes['c/inner/second']?.inputs['strength']).toEqual(at('number.value'));
  });

  it('keeps the order of links where several come in', () => {
    const sheet = { inputs: { more: { ...picture, many: true } }, outputs: {}, nodes: { ...io(), one: { type: 'Load', version: 1 }, sheet: { type: 'Sheet', version: 1, inputs: { images: [at('one.image'), at('in.more'), at('one.image')] } } } };
    const { nodes } = flattenGraph(graph({ a: { type: 'Load' }, b: { type: 'Load' }, use: { type: 'subgraph:sheet', inputs: { more: [at('a.image'), at('b.image')] } } }, { sheet }));
    expect(nodes['use/sheet']?.inputs['images']).toEqual([at('use/one.image'), at('a.image'), at('b.image'), at('use/one.image')]);
  });

  it('mutes what is in a muted use, and leads past a bypassed one', () => {
    const { nodes, faults } = flattenGraph(graph({
      load: { type: 'Load' }, a: { type: 'subgraph:twice', mode: 'mute', inputs: { image: at('load.image') } }, b: { type: 'subgraph:twice', mode: 'bypass', inputs: { image: at('load.image') } }, save: { type: 'Save', inputs: { image: at('b.image') } },
    }, { twice }));
    expect(faults).toEqual([]);
    expect(Object.entries(nodes).map(([id, node]) => `${id} ${node.mode ?? ''}`)).toEqual(['load ', 'a/first mute', 'a/second mute', 'save ']);
    expect(nodes['save']?.inputs).toEqual({ image: at('load.image') });
  });

  const wrong: readonly (readonly [string, string, Record<string, Loose>, Record<string, unknown>])[] = [
    ['one that is not there', 'graph.unknown-subgraph', { a: { type: 'subgraph:gone' } }, {}],
    ['one called constructor', 'graph.unknown-subgraph', { a: { type: 'subgraph:constructor' } }, {}],
    ['one in itself', 'graph.subgraph-in-itself', { a: { type: 'subgraph:x' } }, { x: { nodes: { y: { type: 'subgraph:x', version: 1 } } } }],
    ['a param it does not have', 'graph.unknown-param', { a: { type: 'subgraph:twice', params: { colour: 1 } } }, { twice }],
    ['an input it does not have', 'graph.unknown-input', { a: { type: 'subgraph:twice', inputs: { mask: at('b.x') } } }, { twice }],
    ['two links where one fits', 'graph.too-many-links', { a: { type: 'subgraph:twice', inputs: { image: [at('b.x'), at('b.x')] } } }, { twice }],
    ['an output it does not have', 'graph.unknown-output', { a: { type: 'subgraph:twice' }, b: { type: 'Save', inputs: { image: at('a.mask') } } }, { twice }],
    ['an output that nothing gives', 'graph.subgraph-output', { a: { type: 'subgraph:x' }, b: { type: 'Save', inputs: { image: at('a.image') } } }, { x: { outputs: { image: picture }, nodes: io() } }],
    ['a bypass without a way through', 'graph.no-pass-through', { a: { type: 'subgraph:x', mode: 'bypass' }, b: { type: 'Save', inputs: { image: at('a.image') } } }, { x: { outputs: { image: picture }, nodes: io() } }],
    ['a loop of nothing but sub-graphs', 'graph.subgraph-loop', { a: { type: 'subgraph:wire', inputs: { image: at('a.image') } }, b: { type: 'Save', inputs: { image: at('a.image') } } }, { wire: { inputs: { image: picture }, outputs: { image: picture }, nodes: io({ image: at('in.image') }) } }],
  ];

  it.each(wrong)('tells of %s', (_name, code, nodes, subgraphs) => {
    expect(flattenGraph(graph(nodes, subgraphs)).faults.map((fault) => [fault.code, fault.nodeId])).toEqual([[code, code === 'graph.subgraph-in-itself' ? 'a/y' : code === 'graph.subgraph-loop' ? 'b' : 'a']]);
  });

  it('stops at 32 levels', () => {
    const nested = Object.fromEntries(Array.from({ length: 40 }, (_, level) => [`s${level}`, { nodes: { x: { type: `subgraph:s${level + 1}`, version: 1 } } }]));
    expect(flattenGraph(graph({ a: { type: 'subgraph:s0' } }, nested)).faults.map(({ code }) => code)).toEqual(['graph.subgraph-depth']);
  });

  it('answers soon to bombs of nodes and of links', () => {
    const level = (index: number): Loose => ({ type: `subgraph:s${index}`, version: 1 });
    const nodes = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`s${index}`, { nodes: { x: level(index + 1), y: level(index + 1), z: level(index + 1) } }]));
    const doubled = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`s${index}`, {
      inputs: { image: { ...picture, many: true } },
      nodes: { in: { type: 'subgraph-inputs', version: 1 }, x: { type: index === 29 ? 'Sheet' : `subgraph:s${index + 1}`, version: 1, inputs: { image: [at('in.image'), at('in.image')] } } },
    }]));
    for (const subgraphs of [{ ...nodes, s30: { nodes: { a: { type: 'Load', version: 1 } } } }, { ...nodes, s30: { nodes: {} } }, doubled]) {
      const before = process.cpuUsage();
      const { faults } = flattenGraph(graph({ load: { type: 'Load' }, a: { type: 'subgraph:s0', inputs: subgraphs === doubled ? { image: at('load.image') } : {} } }, subgraphs));
      // Processor time, in microseconds: what other programs do meanwhile doesn't count.
      expect(process.cpuUsage(before).user).toBeLessThan(15_000_000); // what they unfold to (3 to the 30th nodes) would take days
      expect(faults.map(({ code }) => code)).toEqual(['graph.too-many-nodes']);
    }
  });
});
