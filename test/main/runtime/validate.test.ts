import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError, describeError } from '../../../src/contract/errors.ts';
import type { GraphFile } from '../../../src/contract/graph-file.ts';
import { parseGraph } from '../../../src/main/runtime/read-graph.ts';
import { validateGraph } from '../../../src/main/runtime/validate.ts';
import { toyHost } from '../../support/toy-nodes.ts';

const catalogue = await toyHost().catalogue();

function faultsOf(nodes: unknown): string[] {
  const graph = parseGraph(JSON.stringify({ format: 'engram-graph', version: 1, nodes }), 'toy.graph.json');
  return validateGraph(graph, catalogue).faults.map((fault) => `${fault.code} ${fault.nodeId ?? ''} ${fault.port ?? ''}: ${describeError(fault)}`);
}

describe('validateGraph', () => {
  it('names every fault at once, with node and port', () => {
    const faults = faultsOf({
      portrait: { type: 'Sum', version: 1, title: 'Portrait', params: { constant: 0.5, colour: 'red' }, inputs: { terms: [{ node: 'gone', port: 'total' }, { node: 'picture', port: 'image' }, { node: 'picture', port: 'pixels' }] } },
      picture: { type: 'Picture', version: 1 },
      print: { type: 'Print', version: 1, inputs: { paper: { node: 'portrait', port: 'total' } } },
      strange: { type: 'Strange', version: 1 },
      late: { type: 'Sum', version: 9 },
    });
    expect(faults).toEqual([
      'graph.unknown-param portrait colour: Sum "Portrait": has no param "colour". Params of Sum: constant.',
      'graph.param-value portrait constant: Sum "Portrait": constant must be a whole number in -1000..1000, got 0.5',
      'graph.missing-node portrait terms: Sum "Portrait": input "terms" must come from a node of this graph, got gone',
      'graph.link-type portrait terms: Sum "Portrait": input "terms" must be Report, got Image from picture.image',
      'graph.unknown-output portrait terms: Sum "Portrait": input "terms" must come from an output of Picture "picture" (image), got pixels',
      'graph.unknown-input print paper: Print "print": has no input "paper". Inputs of Print: value.',
      'graph.missing-input print value: Print "print": input "value" (Report) must be linked',
      'graph.unknown-type strange : Strange "strange": must be a node type that is installed, got Strange. The node is kept in the file as it is. Update the program, or remove the node.',
      'graph.newer-node late : Sum "late": version must be at most 1, got 9. This graph was made by a newer Engram Studio; update the program.',
    ]);
  });

  it('finds a cycle and names its ring', () => {
    const link = (node: string) => ({ terms: [{ node, port: 'total' }] });
    const faults = faultsOf({ a: { type: 'Sum', version: 1, inputs: link('c') }, b: { type: 'Sum', version: 1, inputs: link('a') }, c: { type: 'Sum', version: 1, inputs: link('b') } });
    expect(faults).toEqual(['graph.cycle a : Sum "a": must not need its own output, got a <- c <- b <- a']);
  });

  it('orders a chain of 20,000 nodes without running out of stack', () => {
    const nodes: GraphFile['nodes'] = {};
    for (let index = 0; index < 20_000; index += 1) {
      nodes[`n${index}`] = { type: 'Sum', version: 1, params: {}, inputs: index === 19_999 ? {} : { terms: [{ node: `n${index + 1}`, port: 'total' }] } };
    }
    const { graph, faults } = validateGraph({ format: 'engram-graph', version: 1, nodes }, catalogue);
    expect(faults).toEqual([]);
    expect(graph.order[0]).toBe('n19999');
  });
});

describe('parseGraph', () => {
  it('keeps unknown nodes and fields as they are', () => {
    const text = JSON.stringify({ format: 'engram-graph', version: 1, author: 'me', nodes: { odd: { type: 'Odd', version: 3, params: { a: [1, 2] }, inputs: {}, colour: '#fff' } }, ui: { zoom: 2 } });
    expect(JSON.parse(JSON.stringify(parseGraph(text, 'odd.graph.json')))).toEqual(JSON.parse(text));
  });

  it.each([
    ['not json', '{', 'graph.not-json'],
    ['a list', '[]', 'graph.not-an-object'],
    ['another format', '{"format":"comfy","version":1}', 'graph.format'],
    ['no version', '{"format":"engram-graph"}', 'graph.no-version'],
    ['a later version', '{"format":"engram-graph","version":99,"nodes":{}}', 'graph.newer-version'],
    ['nodes of the wrong kind', '{"format":"engram-graph","version":1,"nodes":{"a":{"type":5}}}', 'graph.faults'],
  ])('refuses %s', (_name, text, code) => {
    expect(() => parseGraph(text, 'x.graph.json')).toThrow(expect.objectContaining({ data: expect.objectContaining({ code, kind: 'input' }) as unknown }) as Error);
  });

  it('answers any text and any JSON with a graph or an AppError', () => {
    const nodeLike = fc.record({ type: fc.oneof(fc.constant('Sum'), fc.string()), version: fc.oneof(fc.constant(1), fc.integer()), params: fc.jsonValue(), inputs: fc.jsonValue() }, { requiredKeys: [] });
    const graphLike = fc.record({ format: fc.constant('engram-graph'), version: fc.constant(1), nodes: fc.dictionary(fc.string(), nodeLike) });
    const text = fc.oneof(fc.string(), fc.json(), graphLike.map((value) => JSON.stringify(value)));
    fc.assert(fc.property(text, (input) => {
      try {
        validateGraph(parseGraph(input, 'fuzz'), catalogue);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
      }
    }), { numRuns: 300 });
  });
});
