import { describeError } from '../../../contract/errors.ts';
import { validateGraph } from '../../runtime/validate.ts';
import { nodeCatalogue } from '../catalogue.ts';
import { readGraphFile } from '../graph-input.ts';
import type { Inspector } from './inspector.ts';

export const graphInspector: Inspector = {
  kind: 'graph',
  recognizes: (path, isFolder) => Promise.resolve(!isFolder && path.toLowerCase().endsWith('.json')),
  async inspect(path) {
    const graph = await readGraphFile(path);
    const { faults } = validateGraph(graph, nodeCatalogue());
    return {
      kind: 'graph',
      facts: {
        name: graph.name ?? '', description: graph.description ?? '', version: graph.version,
        nodes: Object.fromEntries(Object.entries(graph.nodes).map(([id, node]) => [id, `${node.type} version ${node.version}${node.title === undefined ? '' : ` "${node.title}"`}`])),
        faults: faults.map(describeError),
      },
    };
  },
};
