import { describe, expect, it } from 'vitest';
import { inputError } from '../../../src/contract/errors.ts';
import type { GraphFile } from '../../../src/contract/graph-file.ts';
import type { NodeDefinition } from '../../../src/contract/node.ts';
import type { NodeRunRequest } from '../../../src/main/runtime/node-runner.ts';
import { runGraph } from '../../../src/main/runtime/execute.ts';
import { planGraph, type GraphPlan, type RunFiles } from '../../../src/main/runtime/plan-graph.ts';
import { PROGRAM_VERSION } from '../../../src/contract/version.ts';
import { printNode, sumNode, toyHost, type ToyServices } from '../../support/toy-nodes.ts';
import { wrapRunner } from '../../support/wrap-runner.ts';

const fileNode: NodeDefinition<ToyServices> = {
  ...sumNode, type: 'File', title: 'File', inputs: {},
  params: { file: { kind: 'path', target: 'file', access: 'read', default: 'a.txt', doc: 'what to read' } }, run: () => Promise.resolve({ total: 1 }),
};
const deviceNode: NodeDefinition<ToyServices> = { ...sumNode, type: 'Device', title: 'Device', usesDevice: true };
const nodes = [sumNode, printNode, fileNode, deviceNode];

/** file -> device -> sum -> print, and a second file that nothing needs but "lonely". */
function graphOf(file = 'a.txt', constant = 1): GraphFile {
  return {
    format: 'engram-graph', version: 1,
    nodes: {
      file: { type: 'File', version: 1, params: { file }, inputs: {} },
      device: { type: 'Device', version: 1, params: {}, inputs: { terms: { node: 'file', port: 'total' } } },
      sum: { type: 'Sum', version: 1, params: { constant }, inputs: { terms: { node: 'device', port: 'total' } } },
      print: { type: 'Print', version: 1, params: {}, inputs: { value: { node: 'sum', port: 'total' } } },
      lonely: { type: 'File', version: 1, params: { file: 'b.txt' }, inputs: {} },
    },
  };
}

/** Files by name, with contents; others aren't there. */
function filesOf(contents: Readonly<Record<string, string>>): RunFiles {
  return {
    resolveRead: (value) => Promise.resolve(`/abs/${value}`),
    fingerprint: async (path, where) => {
      const found = contents[path.slice('/abs/'.length)];
      if (found === undefined) throw inputError('files.missing', where, 'must be there');
      return found;
    },
  };
}

async function plan(graph: GraphFile, files: RunFiles = filesOf({ 'a.txt': 'A', 'copy.txt': 'A', 'b.txt': 'B' }), device: string | null = 'cpu'): Promise<GraphPlan> {
  return planGraph({ graph, where: 'toy', catalogue: await toyHost({ nodes }).catalogue(), files, deviceKey: () => Promise.resolve(device) });
}

describe('a plan', () => {
  it('names what is needed, in run order, with targets', async () => {
    const { needed, nodes: planned, targets, failures } = await plan(graphOf());
    expect(needed.map(({ id }) => id)).toEqual(['file', 'device', 'sum', 'print']);
    expect([...planned.keys()]).toEqual(['file', 'device', 'sum', 'print']);
    expect([targets, failures]).toEqual([['print'], []]);
  });

  it('has one key for equal work, wherever its files lie, and another for other work', async () => {
    const { key } = await plan(graphOf());
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect((await plan(graphOf('copy.txt'))).key).toBe(key);
    expect((await plan(graphOf('b.txt'))).key).not.toBe(key);
    expect((await plan(graphOf('a.txt', 2))).key).not.toBe(key);
    expect((await plan(graphOf(), undefined, 'webgpu')).key).not.toBe(key);
  });

  it('asks for the device only when a node computes on it', async () => {
    const { file } = graphOf().nodes;
    const graph = { ...graphOf(), nodes: { file, print: { ...graphOf().nodes['print'], inputs: { value: { node: 'file', port: 'total' } } } } } as GraphFile;
    const catalogue = await toyHost({ nodes }).catalogue();
    const { nodes: planned } = await planGraph({ graph, where: 'toy', catalogue, files: filesOf({ 'a.txt': 'A' }), deviceKey: () => Promise.reject(new Error('no device')) });
    expect(planned.get('print')?.device).toBeNull();
  });

  it('has no key when a target cannot run, and says why', async () => {
    const { key, failures, nodes: planned } = await plan(graphOf('none.txt'));
    expect([key, failures.map(({ node, error }) => [node.id, error.code]), planned.size]).toEqual([undefined, [['file', 'files.missing']], 0]);
  });

  it('carries down the files and the device that went into a value', async () => {
    const { nodes: planned } = await plan(graphOf());
    const source = { node: 'file', param: 'file', value: 'a.txt', contents: 'A' };
    expect([...planned.values()].map(({ id, device, sources }) => [id, device, sources])).toEqual([
      ['file', null, [source]], ['device', 'cpu', [source]], ['sum', 'cpu', [source]], ['print', 'cpu', [source]],
    ]);
  });
});

it('a run tells its nodes where their values come from', async () => {
  const requests = new Map<string, NodeRunRequest>();
  const host = toyHost({ nodes });
  const runner = wrapRunner(host, { run: (request, onEvent, signal) => { requests.set(request.nodeId, request); return host.run(request, onEvent, signal); } });
  const memory = { recall: () => Promise.resolve(undefined), remember: () => Promise.resolve() };
  const { key } = await plan(graphOf(), undefined, 'toy');
  await runGraph({ graph: graphOf(), where: 'toy', runner, files: filesOf({ 'a.txt': 'A' }), memory, outputFolder: '/out', signal: new AbortController().signal, onEvent: () => undefined });
  const { provenance, contentKey } = requests.get('print') as NodeRunRequest;
  expect(provenance).toEqual({
    program: PROGRAM_VERSION, device: 'toy', contentKey, files: [{ node: 'file', param: 'file', value: 'a.txt', contents: 'A' }],
    nodes: {
      file: { type: 'File', version: 1, params: { file: 'a.txt' } }, device: { type: 'Device', version: 1, params: { constant: 0 } },
      sum: { type: 'Sum', version: 1, params: { constant: 1 } }, print: { type: 'Print', version: 1, params: { constant: 0 } },
    },
  });
  expect(requests.get('sum')?.provenance.nodes).toEqual({});
  expect(key).toBeDefined();
});
