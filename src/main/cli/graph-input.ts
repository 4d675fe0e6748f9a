import { readFile } from 'node:fs/promises';
import { inputError } from '../../contract/errors.ts';
import type { GraphFile, GraphNode } from '../../contract/graph-file.ts';
import type { NodeSchema } from '../../contract/node.ts';
import { parseParamText, type ParamValue } from '../../contract/params.ts';
import { parseGraph } from '../runtime/read-graph.ts';
import { paramNames, paramSchemaOf } from '../services/batch/graph-params.ts';

/** Reads a graph file. @throws AppError or GraphFaults naming the file. */
export async function readGraphFile(path: string): Promise<GraphFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw inputError('graph.unreadable', path, 'must be a graph file that can be read', { got: (error as NodeJS.ErrnoException).code ?? String(error) });
  }
  return parseGraph(text, path);
}

/**
 * A graph with params set from texts such as `sample.steps=30`.
 * A use of a sub-graph has the params that the sub-graph exposes.
 * @throws AppError naming the setting that isn't NODE.PARAM=VALUE, names a node or param that isn't there, or a param that is linked.
 */
export function applySettings(graph: GraphFile, settings: readonly string[], catalogue: readonly NodeSchema[]): GraphFile {
  const schemas = new Map(catalogue.map((schema) => [schema.type, schema]));
  const nodes: Record<string, GraphNode> = { ...graph.nodes };
  for (const setting of settings) {
    const match = /^([^.=]+)\.([^.=]+)=(.*)$/s.exec(setting);
    if (match === null) throw inputError('cli.set-form', `--set ${setting}`, 'must have the form NODE.PARAM=VALUE');
    const [, id, name, text] = match as unknown as [string, string, string, string];
    const node = Object.hasOwn(nodes, id) ? nodes[id] : undefined;
    if (node === undefined) throw inputError('cli.set-node', `--set ${setting}`, `the graph has no node "${id}"`, { hint: `Nodes: ${Object.keys(nodes).join(', ')}.` });
    const param = paramSchemaOf(graph, node, name, schemas);
    if (param === undefined) throw inputError('cli.set-param', `--set ${setting}`, `${node.type} has no param "${name}"`, { hint: `Params: ${paramNames(graph, node, schemas).join(', ')}.` });
    if (Object.hasOwn(node.inputs, name)) throw inputError('cli.set-linked', `--set ${setting}`, 'a param that is linked takes its value from the link', { hint: 'Set the param of the node that the link comes from.' });
    nodes[id] = { ...node, params: { ...node.params, [name]: readText(setting, () => parseParamText(param, text)) as ParamValue as never } };
  }
  return { ...graph, nodes };
}

function readText(setting: string, parse: () => unknown): unknown {
  try {
    return parse();
  } catch (error) {
    throw inputError('cli.set-json', `--set ${setting}`, 'a value that begins with "[" must be a JSON list', { got: (error as Error).message });
  }
}
