import { toErrorData } from '../../../contract/errors.ts';
import type { GraphFile } from '../../../contract/graph-file.ts';
import type { NodeSchema } from '../../../contract/node.ts';
import { readsPath } from '../../../contract/params.ts';
import type { NeededFile } from '../../../contract/studio-api.ts';
import { runParams, type RunParam } from '../batch/graph-params.ts';
import { resolveRead, type ReadScope } from '../path-scope.ts';

/** The params of a graph; none of a graph that is too broken to say which nodes run: its faults are told elsewhere. */
function paramsOf(graph: GraphFile, catalogue: readonly NodeSchema[]): RunParam[] {
  try {
    return runParams(graph, new Map(catalogue.map((schema) => [schema.type, schema])));
  } catch {
    return [];
  }
}

/** The files and folders that the nodes of a graph read, each once, and why one can't be found. */
export async function neededFiles(graph: GraphFile, catalogue: readonly NodeSchema[], scope: ReadScope): Promise<NeededFile[]> {
  const nodesOf = new Map<string, string[]>();
  for (const { node, schema, value } of paramsOf(graph, catalogue)) if (readsPath(schema, value)) nodesOf.set(value, [...(nodesOf.get(value) ?? []), node]);
  return Promise.all([...nodesOf].map(async ([value, nodes]): Promise<NeededFile> => {
    try {
      return { value, nodes, path: await resolveRead(scope, value, nodes.join(', ')) };
    } catch (thrown) {
      return { value, nodes, path: null, error: toErrorData(thrown) };
    }
  }));
}
