import { isAbsolute } from 'node:path';
import type { GraphFile, GraphNode } from '../../../contract/graph-file.ts';
import type { NodeSchema } from '../../../contract/node.ts';
import { readsPath } from '../../../contract/params.ts';
import { resolveRead, type ReadScope } from '../path-scope.ts';
import { graphValueOf } from './folder-listing.ts';

/** `root:path`, as in path-scope.ts. */
const ROOTED = /^[A-Za-z][A-Za-z0-9_-]+:/;

/** The new value of a path param that counts from the old folder; undefined where it may stay as it is. */
async function rebased(value: unknown, scope: ReadScope, base: string, where: string): Promise<string | undefined> {
  if (typeof value !== 'string' || value === '' || ROOTED.test(value) || isAbsolute(value)) return undefined;
  // What isn't there, or may not be read, stays for the validator to tell.
  const path = await resolveRead(scope, value, where).catch(() => undefined);
  return path === undefined ? undefined : graphValueOf(path, base, scope.roots);
}

/**
 * A graph for another folder: paths that counted from its old one name the same files from the new one.
 * @param scope What the graph could read where it was.
 * @param base The new folder.
 * @returns the very same graph when nothing has to change.
 */
export async function rebasePaths(graph: GraphFile, catalogue: readonly NodeSchema[], scope: ReadScope, base: string): Promise<GraphFile> {
  if (scope.base === base) return graph;
  const schemas = new Map(catalogue.map((schema) => [schema.type, schema]));
  const changed = new Map<string, GraphNode>();
  for (const [id, node] of Object.entries(graph.nodes)) {
    for (const [name, param] of Object.entries(schemas.get(node.type)?.params ?? {})) {
      if (!Object.hasOwn(node.params, name) || !readsPath(param, node.params[name])) continue;
      const value = await rebased(node.params[name], scope, base, id);
      const before = changed.get(id) ?? node;
      if (value !== undefined) changed.set(id, { ...before, params: { ...before.params, [name]: value } });
    }
  }
  if (changed.size === 0) return graph;
  return { ...graph, nodes: Object.fromEntries(Object.entries(graph.nodes).map(([id, node]) => [id, changed.get(id) ?? node])) };
}
