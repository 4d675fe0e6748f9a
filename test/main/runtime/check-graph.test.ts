import { describe, expect, it } from 'vitest';
import type { GraphFile } from '../../../src/contract/graph-file.ts';
import { checkGraph, holds, type CheckResult } from '../../../src/main/runtime/check-graph.ts';
import { faultOf } from '../../support/fault.ts';
import { imageNode, failNode, printNode, sumNode, toyHost } from '../../support/toy-nodes.ts';

/** three = one + 2; bad fails; after needs bad. */
const NODES = {
  one: { type: 'Sum', version: 1, params: { constant: 1 }, inputs: {} },
  three: { type: 'Sum', version: 1, params: { constant: 2 }, inputs: { terms: { node: 'one', port: 'total' } } },
  bad: { type: 'Fail', version: 1, params: {}, inputs: {} },
  after: { type: 'Sum', version: 1, params: {}, inputs: { terms: { node: 'bad', port: 'total' } } },
  print: { type: 'Print', version: 1, params: {}, inputs: { value: { node: 'three', port: 'total' } } },
  picture: { type: 'Picture', version: 1, params: {}, inputs: {} },
};

function check(checks: GraphFile['checks'], host = toyHost({ nodes: [sumNode, failNode, printNode, imageNode] }), signal = new AbortController().signal): Promise<CheckResult[]> {
  const graph: GraphFile = { format: 'engram-graph', version: 1, nodes: NODES, ...(checks === undefined ? {} : { checks }) };
  const files = { resolveRead: (value: string) => Promise.resolve(value), fingerprint: (path: string) => Promise.resolve(path) };
  return checkGraph({ graph, where: 'toy.graph.json', runner: host, files, outputFolder: '/out', signal });
}

const three = { node: 'three', port: 'total' };

describe('checks of a graph', () => {
  it('are about values that are made for them, and nothing else is run', async () => {
    const host = toyHost({ nodes: [sumNode, failNode, printNode, imageNode] });
    const results = await check({ good: { value: three, facts: { number: { equals: 3 } } }, wrong: { value: three, facts: { number: { below: 3 } } } }, host);
    expect(results.map((result) => [result.check, result.value, holds(result)])).toEqual([['good', 'three.total', true], ['wrong', 'three.total', false]]);
    expect(host.ran).toEqual(['one', 'three']);
  });

  it('find their values where memory holds none that nobody needs', async () => {
    const host = toyHost({ nodes: [sumNode, failNode, printNode, imageNode], memoryLimit: 0 });
    const [result] = await check({ good: { value: three, facts: { number: { equals: 3 } } } }, host);
    expect(result).toMatchObject({ findings: [{ ok: true }] });
  });

  it('say why a value could not be made, and go on with the others', async () => {
    const results = await check({ bad: { value: { node: 'bad', port: 'total' } }, after: { value: { node: 'after', port: 'total' } }, good: { value: three, facts: { number: { equals: 3 } } } });
    expect(results.map((result) => [result.check, holds(result), result.error?.nodeId])).toEqual([['bad', false, 'bad'], ['after', false, 'bad'], ['good', true, undefined]]);
  });

  it('reach into sub-graphs', async () => {
    const inner = { sum: { type: 'Sum', version: 1, params: { constant: 4 }, inputs: {} }, out: { type: 'subgraph-outputs', version: 1, params: {}, inputs: { total: { node: 'sum', port: 'total' } } } };
    const graph: GraphFile = {
      format: 'engram-graph', version: 1, nodes: { use: { type: 'subgraph:four', version: 1, params: {}, inputs: {} } },
      subgraphs: { four: { inputs: {}, outputs: { total: { type: 'Report' } }, params: {}, nodes: inner } },
    };
    const runGraphChecks = (node: string): Promise<CheckResult[]> => {
      const files = { resolveRead: (value: string) => Promise.resolve(value), fingerprint: (path: string) => Promise.resolve(path) };
      const checks = { four: { value: { node, port: 'total' }, facts: { number: { equals: 4 } } } };
      return checkGraph({ graph: { ...graph, checks }, where: 'toy', runner: toyHost(), files, outputFolder: '/out', signal: new AbortController().signal });
    };
    expect((await runGraphChecks('use/sum')).map(holds)).toEqual([true]);
    expect((await faultOf(() => runGraphChecks('use'))).code).toBe('checks.node');
  });

  it('say of which port types nothing can be said', async () => {
    const [result] = await check({ picture: { value: { node: 'picture', port: 'image' } } });
    expect(result?.error).toMatchObject({ code: 'checks.type', kind: 'input' });
  });

  it.each([
    ['no checks', undefined, 'checks.none'],
    ['an empty list of them', {}, 'checks.none'],
    ['a node that is not there', { a: { value: { node: 'nobody', port: 'total' } } }, 'graph.missing-node'],
    ['a port that is not there', { a: { value: { node: 'three', port: 'toString' } } }, 'checks.port'],
    ['a node without outputs', { a: { value: { node: 'print', port: 'total' } } }, 'checks.port'],
  ])('are refused with %s', async (_name, checks, code) => {
    expect((await faultOf(() => check(checks))).code).toBe(code);
  });

  it('end when they are cancelled', async () => {
    await expect(check({ good: { value: three } }, undefined, AbortSignal.abort())).rejects.toThrow();
  });
});
