import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GRAPH_FORMAT_VERSION } from '../../../src/contract/graph-file.ts';
import { parseGraph } from '../../../src/main/runtime/read-graph.ts';

const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,20}$/);
const text = fc.string({ unit: 'binary', maxLength: 30 });
// JSON has no -0; what else a param may hold comes back bit by bit.
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const param = fc.oneof(number, fc.boolean(), text, fc.array(text, { maxLength: 3 }), fc.array(number, { maxLength: 3 }));
const link = fc.record({ node: name, port: name });
const layout = fc.dictionary(name, fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown), { noNullPrototype: true, maxKeys: 3 });
const dictionary = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> => fc.dictionary(name, value, { noNullPrototype: true, maxKeys: 4 });

const node = fc.record(
  { type: fc.string({ minLength: 1, maxLength: 20 }), version: fc.integer({ min: 1, max: 9 }), title: text, params: dictionary(param), inputs: dictionary(fc.oneof(link, fc.array(link, { maxLength: 3 }))), ui: layout, madeLater: fc.boolean() },
  { requiredKeys: ['type', 'version', 'params', 'inputs'], noNullPrototype: true },
);
const graph = fc.record(
  { format: fc.constant('engram-graph' as const), version: fc.constant(GRAPH_FORMAT_VERSION), name: text, description: text, nodes: dictionary(node), ui: layout, madeLater: layout },
  { requiredKeys: ['format', 'version', 'nodes'], noNullPrototype: true },
);

describe('parseGraph', () => {
  it('gives back what was written, fields of other programs included', () => {
    fc.assert(fc.property(graph, fc.boolean(), (file, indented) => {
      expect(parseGraph(JSON.stringify(file, undefined, indented ? 2 : undefined), 'any.graph.json')).toEqual(file);
    }), { numRuns: 300 });
  });

  it('answers any text with a graph or an error that names the file', () => {
    const damaged = fc.tuple(graph, fc.nat(), fc.string({ maxLength: 3 })).map(([file, at, patch]) => {
      const whole = JSON.stringify(file);
      const place = at % whole.length;
      return whole.slice(0, place) + patch + whole.slice(place + 1);
    });
    fc.assert(fc.property(damaged, (broken) => {
      try {
        expect(parseGraph(broken, 'broken.graph.json').format).toBe('engram-graph');
      } catch (error) {
        expect((error as { data?: { where?: string } }).data?.where).toContain('broken.graph.json');
      }
    }), { numRuns: 300 });
  });

  it.each([
    ['graph.prototype-key', '{"format":"engram-graph","version":1,"nodes":{"__proto__":{"type":"X","version":1}}}'],
    ['graph.prototype-key', '{"format":"engram-graph","version":1,"nodes":{"a":{"type":"X","version":1,"params":{"\\u005f_proto__":1}}}}'],
    ['graph.too-deep', `{"format":"engram-graph","version":1,"nodes":{},"ui":{"a":${'['.repeat(3000)}${']'.repeat(3000)}}}`],
  ])('refuses with %s what copies would lose or no stack could hold', (code, text) => {
    expect(() => parseGraph(text, 'bad.graph.json')).toThrow(expect.objectContaining({ data: expect.objectContaining({ code, where: 'bad.graph.json' }) as unknown }) as Error);
  });
});
