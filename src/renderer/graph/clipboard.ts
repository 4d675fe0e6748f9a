import { z } from 'zod';
import { inputError, type AppError, type ErrorData } from '../../contract/errors.ts';
import { graphNameSchema, graphNodeSchema, linksOf, subgraphSchema, type GraphLink, type GraphNode, type Subgraph } from '../../contract/graph-file.ts';
import { findJsonFault } from '../../contract/plain-json.ts';
import { findSubgraph, subgraphOf } from '../../contract/subgraphs.ts';
import { isBoundary } from './queries/pass-through.ts';
import { readGroups, savedGroups } from './layout/groups.ts';
import { keepReroutes } from './layout/reroutes.ts';
import type { GraphNodes } from './state.ts';
import type { GraphView } from './view.ts';

/** Version of the clipboard's text. */
export const CLIPBOARD_VERSION = 1;

/** Longest text that is taken from the clipboard, in characters, and most nodes. */
const MAX_CHARACTERS = 8 * 1024 * 1024;
const MAX_NODES = 20_000;

const clipboardSchema = z.object({
  format: z.literal('engram-graph-clipboard'),
  version: z.int().min(1).max(CLIPBOARD_VERSION),
  nodes: z.record(graphNameSchema, graphNodeSchema),
  groups: z.record(graphNameSchema, z.looseObject({})).default({}),
  subgraphs: z.record(graphNameSchema, subgraphSchema).default({}),
});

/** Nodes and groups on their way from one place to another, with the sub-graphs that they use. */
export interface Clipping {
  readonly nodes: GraphNodes;
  readonly groups: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly subgraphs: Readonly<Record<string, Subgraph>>;
}

/**
 * What is selected, as it goes to the clipboard: links between selected nodes stay, others are left out. The nodes that stand for a sub-graph's ports are left out.
 * @param links `all` keeps links from nodes that aren't selected too, for copies within one graph.
 */
export function clip(view: GraphView, selection: { readonly nodes: Iterable<string>; readonly groups?: Iterable<string> }, links: 'inner' | 'all' = 'inner'): Clipping {
  const wanted = new Set([...selection.nodes].filter((id) => { const node = view.node(id); return node !== undefined && !isBoundary(node); }));
  const nodes = Object.fromEntries(Object.entries(view.nodes).filter(([id]) => wanted.has(id)).map(([id, node]) => [id, withLinks(node, (link) => (links === 'all' || wanted.has(link.node) ? link : undefined))]));
  const groupIds = new Set(selection.groups);
  const groups = Object.fromEntries([...readGroups(view.ui).keys()].filter((id) => groupIds.has(id)).map((id) => [id, savedGroups(view.ui)[id] as Record<string, unknown>]));
  return { nodes, groups, subgraphs: usedSubgraphs(view, Object.values(nodes)) };
}

/** The node with every link replaced or, with undefined, left out. */
export function withLinks(node: GraphNode, replace: (link: GraphLink) => GraphLink | undefined): GraphNode {
  const inputs = Object.entries(node.inputs).flatMap(([name, input]) => {
    const links = linksOf(input).flatMap((link) => replace(link) ?? []);
    const [first] = links;
    return first === undefined ? [] : [[name, Array.isArray(input) ? links : first] as const];
  });
  return keepReroutes({ ...node, inputs: Object.fromEntries(inputs) });
}

function usedSubgraphs(view: GraphView, nodes: readonly GraphNode[]): Record<string, Subgraph> {
  const found = new Map<string, Subgraph>();
  const pending = nodes.flatMap((node) => subgraphOf(node) ?? []);
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    const subgraph = found.has(id) ? undefined : findSubgraph(view.document, id);
    if (subgraph === undefined) continue;
    found.set(id, subgraph);
    pending.push(...Object.values(subgraph.nodes).flatMap((node) => subgraphOf(node) ?? []));
  }
  return Object.fromEntries(found);
}

/** The clipboard's text for what was clipped. Any window, and any text editor, may take it. */
export function clippingText(clipping: Clipping): string {
  return JSON.stringify({ format: 'engram-graph-clipboard', version: CLIPBOARD_VERSION, ...clipping });
}

/** Reads the clipboard's text. Whatever is in it, the answer is what can be pasted or the reason why nothing can. */
export function readClipping(text: string): { readonly clipping: Clipping } | { readonly error: ErrorData } {
  if (text.length > MAX_CHARACTERS) return { error: refused('clipboard.too-large', `must be at most ${MAX_CHARACTERS} characters`, { got: String(text.length) }).data };
  let raw: unknown;
  try {
    raw = JSON.parse(text) as unknown;
  } catch {
    return { error: refused('clipboard.not-json', 'holds nothing that can be pasted into a graph', { hint: 'Copy nodes in Engram Studio first.' }).data };
  }
  const fault = findJsonFault(raw);
  if (fault !== undefined) return { error: refused(`clipboard.${fault.code}`, fault.rule, { got: fault.path, path: fault.path }).data };
  const result = clipboardSchema.safeParse(raw);
  if (!result.success) return { error: describeIssue(raw, result.error) };
  const count = Object.keys(result.data.nodes).length + Object.values(result.data.subgraphs).reduce((sum, { nodes }) => sum + Object.keys(nodes).length, 0);
  if (count > MAX_NODES) return { error: refused('clipboard.too-large', `must hold at most ${MAX_NODES} nodes`, { got: String(count) }).data };
  const { nodes, groups, subgraphs } = result.data;
  return { clipping: { nodes, groups, subgraphs } };
}

function describeIssue(raw: unknown, error: z.ZodError): ErrorData {
  const { format, version } = typeof raw === 'object' && raw !== null ? raw as Record<string, unknown> : {};
  if (format !== 'engram-graph-clipboard') return refused('clipboard.format', 'holds nothing that can be pasted into a graph', { hint: 'Copy nodes in Engram Studio first.' }).data;
  if (typeof version === 'number' && version > CLIPBOARD_VERSION) return refused('clipboard.newer-version', `version must be at most ${CLIPBOARD_VERSION}`, { got: String(version), hint: 'This was copied in a newer Engram Studio; update the program.' }).data;
  const [issue] = error.issues;
  return refused('clipboard.schema', issue?.message ?? 'must be a clipping of a graph', { path: issue?.path.map(String).join('.') ?? '' }).data;
}

function refused(code: string, rule: string, more: Partial<ErrorData>): AppError {
  return inputError(code, 'The clipboard', rule, more);
}
