import { toErrorData, type ErrorData } from '../../contract/errors.ts';
import type { GraphFile } from '../../contract/graph-file.ts';
import type { NodeSchema, SourceFile } from '../../contract/node.ts';
import { readsPath } from '../../contract/params.ts';
import { subgraphOf } from '../../contract/subgraphs.ts';
import { canonicalJson, contentKey, hashText, type Contents, type KeyParts } from './content-key.ts';
import { GraphFaults } from './read-graph.ts';
import { neededNodes, targetNodes, validateGraph, type CheckedGraph, type CheckedNode } from './validate.ts';

/** What the executor asks of its surroundings about files. */
export interface RunFiles {
  /** The absolute path of a path param. @throws AppError when it leaves the allowed folders. */
  resolveRead(value: string, where: string): Promise<string>;
  /** Hash over the contents of the file or folder. @throws AppError when it isn't there. */
  fingerprint(path: string, where: string): Promise<string>;
}

export interface PlanOptions {
  readonly graph: GraphFile;
  /** For messages: the graph file's name. */
  readonly where: string;
  readonly catalogue: readonly NodeSchema[];
  readonly files: RunFiles;
  /** Node ids to plan for; all nodes with side effects when left out. */
  readonly targets?: readonly string[];
  /** What results depend on besides inputs. Asked for only when a node uses the device; null gives keys that hold for any. */
  readonly deviceKey: () => Promise<string | null>;
}

/** A node with all that is known of it before anything runs. */
export interface PlannedNode {
  readonly id: string;
  readonly node: CheckedNode;
  readonly schema: NodeSchema;
  /** Checked params; paths that are read are absolute. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly parts: KeyParts;
  /** Content key. */
  readonly key: string;
  /** Device key, when this node or one upstream uses the device. */
  readonly device: string | null;
  /** Files that this node and everything upstream read. */
  readonly sources: readonly SourceFile[];
}

/** What a run of a graph comes down to. */
export interface GraphPlan {
  /** Every node that the targets need, in run order. */
  readonly needed: readonly CheckedNode[];
  /** Those of them that can run, by id, in run order. */
  readonly nodes: ReadonlyMap<string, PlannedNode>;
  /** Why nodes can't run: a file that isn't there or may not be read. Nodes downstream of them are in neither list. */
  readonly failures: readonly { readonly node: CheckedNode; readonly error: ErrorData }[];
  readonly targets: readonly string[];
  /** SHA-256 over the content keys of all targets: equal keys, equal results. Undefined when a target can't run. */
  readonly key: string | undefined;
}

/**
 * Checks a graph and works out the content key of every node that its targets need, without running anything.
 * @throws GraphFaults when the graph has faults or a target isn't there.
 */
export async function planGraph(options: PlanOptions): Promise<GraphPlan> {
  const { graph, faults } = validateGraph(options.graph, options.catalogue);
  const missing = (options.targets ?? []).flatMap((id) => targetFault(id, options, graph) ?? []);
  if (faults.length + missing.length > 0) throw new GraphFaults(options.where, [...faults, ...missing]);
  const targets = targetNodes(graph, options.targets);
  const needed = neededNodes(graph, targets);
  const device = needed.some((node) => node.schema.usesDevice === true) ? await options.deviceKey() : null;
  const nodes = new Map<string, PlannedNode>();
  const failures: { node: CheckedNode; error: ErrorData }[] = [];
  for (const node of needed) {
    if (linkedNodes(node).some((id) => !nodes.has(id))) continue;
    try {
      nodes.set(node.id, await planNode(node, nodes, options.files, device));
    } catch (thrown) {
      failures.push({ node, error: { nodeId: node.id, ...toErrorData(thrown, node.where, 'run') } });
    }
  }
  const keys = targets.flatMap((id) => nodes.get(id)?.key ?? []);
  return { needed, nodes, failures, targets, key: keys.length === targets.length ? hashText(canonicalJson([...keys].sort())) : undefined };
}

/** Why a graph can't be run for a node: it isn't there, or it is out of use. */
function targetFault(id: string, { graph, where }: PlanOptions, checked: CheckedGraph): ErrorData | undefined {
  if (checked.nodes.has(id)) return undefined;
  const node = Object.hasOwn(graph.nodes, id) ? graph.nodes[id] : undefined;
  if (node === undefined) return { code: 'graph.missing-node', kind: 'input', where, rule: `has no node "${id}"`, hint: `Nodes: ${Object.keys(graph.nodes).join(', ')}.` };
  if (node.mode !== undefined) return { code: 'graph.target-mode', kind: 'input', where, rule: `node "${id}" must be neither muted nor bypassed to be run for`, got: node.mode, nodeId: id };
  if (subgraphOf(node) !== undefined || !checked.off.has(id)) return undefined;
  return { code: 'graph.target-off', kind: 'input', where, rule: `node "${id}" must not need a muted node to be run for`, got: `${checked.off.get(id) ?? ''}, which is muted`, nodeId: id };
}

/** Ids of the nodes that a node takes values from. */
export function linkedNodes(node: CheckedNode): string[] {
  return Object.values(node.inputs).flat().map((link) => link.node);
}

/** Params with absolute paths, the parts of the key (where a path that is read stands for its contents), and what came along from upstream. */
async function planNode(node: CheckedNode, planned: ReadonlyMap<string, PlannedNode>, files: RunFiles, device: string | null): Promise<PlannedNode> {
  const { schema } = node;
  const params: Record<string, unknown> = { ...node.params };
  const keyed: Record<string, unknown> = {};
  const sources = new Map(linkedNodes(node).flatMap((id) => (planned.get(id) as PlannedNode).sources).map((source) => [`${source.node}.${source.param}`, source]));
  for (const [name, param] of Object.entries(schema.params)) {
    const value = node.params[name];
    if (param.outsideKey !== true) keyed[name] = value;
    if (readsPath(param, value)) {
      const path = await files.resolveRead(value, node.where);
      const contents = await files.fingerprint(path, node.where);
      params[name] = path;
      keyed[name] = { contents } satisfies Contents;
      sources.set(`${node.id}.${name}`, { node: node.id, param: name, value, contents });
    }
  }
  const inputs: Record<string, string[]> = {};
  for (const [name, links] of Object.entries(node.inputs)) inputs[name] = links.map((link) => `${(planned.get(link.node) as PlannedNode).key}.${link.port}`);
  const own = schema.usesDevice === true ? device : null;
  const parts: KeyParts = { type: schema.type, version: schema.version, params: keyed, inputs, device: own };
  const upstream = linkedNodes(node).map((id) => (planned.get(id) as PlannedNode).device).find((key) => key !== null) ?? null;
  return { id: node.id, node, schema, params, parts, key: contentKey(parts), device: own ?? upstream, sources: [...sources.values()] };
}
