import { expect, test } from 'vitest';
import type { GraphFile } from '../../../src/contract/graph-file.ts';
import type { NodeSchema } from '../../../src/contract/node.ts';
import { checkParam, type PathParam } from '../../../src/contract/params.ts';
import { planGraph } from '../../../src/main/runtime/plan-graph.ts';

const file: PathParam = { kind: 'path', target: 'file', access: 'read', optional: true, default: '', doc: 'a file' };
const node: NodeSchema = { type: 'Reader', version: 1, category: 'toy', title: 'Reader', doc: 'reads', inputs: {}, outputs: {}, params: { file }, sideEffects: true };

async function planned(value: string): Promise<{ key: string | undefined; sources: unknown; params: unknown; resolved: string[] }> {
  const resolved: string[] = [];
  const files = { resolveRead: (path: string) => { resolved.push(path); return Promise.resolve(`/real/${path}`); }, fingerprint: (path: string) => Promise.resolve(`contents of ${path}`) };
  const graph: GraphFile = { format: 'engram-graph', version: 1, nodes: { a: { type: 'Reader', version: 1, params: { file: value }, inputs: {} } } };
  const plan = await planGraph({ graph, where: 'x', catalogue: [node], files, deviceKey: () => Promise.resolve(null) });
  return { key: plan.key, sources: plan.nodes.get('a')?.sources, params: plan.nodes.get('a')?.params, resolved };
}

test('an optional path that is empty names no file: nothing is resolved, read or proved', async () => {
  const without = await planned('');
  expect(without).toMatchObject({ sources: [], params: { file: '' }, resolved: [] });
  const withFile = await planned('a.txt');
  expect(withFile).toMatchObject({ sources: [{ node: 'a', param: 'file', value: 'a.txt' }], params: { file: '/real/a.txt' }, resolved: ['a.txt'] });
  expect(withFile.key).not.toBe(without.key);
});

test('a path that is not optional must be chosen', () => {
  const { optional: _optional, ...required } = file;
  expect(checkParam(file, '', 'Reader "a"', 'file')).toBeUndefined();
  expect(checkParam(required, '', 'Reader "a"', 'file')?.data).toMatchObject({ code: 'graph.param-value', rule: 'file must be the path of a file' });
  expect(checkParam(file, 'a\0b', 'Reader "a"', 'file')?.data.code).toBe('graph.param-value');
});
