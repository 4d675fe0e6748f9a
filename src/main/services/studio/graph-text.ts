import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { inputError } from '../../../contract/errors.ts';
import { GRAPH_ENDING } from '../../../contract/file-endings.ts';
import { graphFileSchema, type GraphFile, type GraphNode, type Subgraph } from '../../../contract/graph-file.ts';
import { migrateGraph } from '../../runtime/migrations.ts';
import { GraphFaults, parseGraph } from '../../runtime/read-graph.ts';

export { GRAPH_ENDING };

/** SHA-256 of a text or of bytes, hex. */
export function revisionOf(contents: string | Uint8Array): string {
  return createHash('sha256').update(contents).digest('hex');
}

/** What a file is called in titles: its name without our ending. */
export function graphName(path: string): string {
  const name = basename(path);
  return name.endsWith(GRAPH_ENDING) ? name.slice(0, -GRAPH_ENDING.length) : name;
}

/**
 * Reads a graph for editing: checked and migrated like one that runs, but with every field that the file has, also where the schema knows none.
 * @throws GraphFaults or AppError as {@link parseGraph}.
 */
export function parseDocument(text: string, where: string): GraphFile {
  parseGraph(text, where);
  const raw = migrateGraph(JSON.parse(text), where) as GraphFile;
  if (raw.subgraphs === undefined) return { ...raw, nodes: filled(raw.nodes) };
  const subgraphs = Object.entries(raw.subgraphs).map(([id, subgraph]: [string, Partial<Subgraph>]) => [
    id, { ...subgraph, inputs: subgraph.inputs ?? {}, outputs: subgraph.outputs ?? {}, params: subgraph.params ?? {}, nodes: filled(subgraph.nodes ?? {}) },
  ]);
  return { ...raw, nodes: filled(raw.nodes), subgraphs: Object.fromEntries(subgraphs) as NonNullable<GraphFile['subgraphs']> };
}

/** Nodes with what a file may leave out. */
function filled(nodes: GraphFile['nodes']): GraphFile['nodes'] {
  return Object.fromEntries(Object.entries(nodes).map(([id, node]: [string, Partial<GraphNode>]) => [id, { ...node, params: node.params ?? {}, inputs: node.inputs ?? {} } as GraphNode]));
}

/** The first faults of a graph that a window wants to save or run; a window that works gives none. @throws GraphFaults. */
export function checkDocument(graph: GraphFile, where: string): void {
  const result = graphFileSchema.safeParse(graph);
  if (result.success) return;
  throw new GraphFaults(where, result.error.issues.slice(0, 100).map((issue) => ({
    code: `graph.schema.${issue.code}`, kind: 'input', where: `${where} at ${issue.path.map(String).join('.') || 'top level'}`, rule: issue.message, path: issue.path.map(String).join('.'),
    ...(issue.path[0] === 'nodes' && issue.path.length > 1 ? { nodeId: String(issue.path[1]) } : {}),
  })));
}

/** @throws AppError `files.ending` for a path that doesn't end like a graph file. */
export function expectGraphEnding(path: string): void {
  if (!path.endsWith(GRAPH_ENDING) || basename(path) === GRAPH_ENDING) {
    throw inputError('files.ending', basename(path), `names of graph files must end in ${GRAPH_ENDING}`, { path, hint: 'Add the ending' });
  }
}
