import type { GraphFile, GraphLink, Subgraph } from '../../../contract/graph-file.ts';
import { findSubgraph, subgraphOf, subgraphType } from '../../../contract/subgraphs.ts';
import { clip, withLinks, type Clipping } from '../clipboard.ts';
import { readPoint, readPosition, type Point } from '../layout/node-ui.ts';
import { keepReroutes } from '../layout/reroutes.ts';
import { savedGroups, withGroup } from '../layout/groups.ts';
import { isBoundary } from '../queries/pass-through.ts';
import { usesSubgraph } from '../queries/palette.ts';
import { changeScope, FreshIds, freshId, openScope, selectionOf, withNodeUi, type EditorState } from '../state.ts';
import { refusal } from '../refusal.ts';
import { counted, defineCommand, requireFinite, type Applied } from './command.ts';

/** Puts a clipping on the canvas under new ids, with the links between its nodes, and selects it. */
export interface Paste {
  readonly type: 'paste';
  readonly clipping: Clipping;
  /** Where the top left corner of all comes to lie; a little off the place of the original when left out. */
  readonly at?: readonly [number, number];
}

/** How far a copy lies from its original, in canvas pixels. */
const STEP: Point = [40, 40];

export const paste = defineCommand<Paste>({
  type: 'paste',
  name: (command) => `Paste ${counted(Object.keys(command.clipping.nodes).length, 'node')}`,
  apply(command, state) {
    const by = command.at === undefined ? STEP : offsetTo(command.clipping, command.at);
    return place(state, command.clipping, by);
  },
});

/** Copies nodes and groups beside themselves. */
export interface Duplicate {
  readonly type: 'duplicate';
  readonly nodes: readonly string[];
  readonly groups?: readonly string[];
  /** `all`: the copies take what the originals take from other nodes. `inner`, when left out: only links between copies. */
  readonly links?: 'inner' | 'all';
  readonly by?: readonly [number, number];
}

export const duplicate = defineCommand<Duplicate>({
  type: 'duplicate',
  name: (command) => `Duplicate ${counted(command.nodes.length, 'node')}`,
  apply: (command, state, { view }) => place(state, clip(view, { nodes: command.nodes, groups: command.groups ?? [] }, command.links), command.by ?? STEP),
});

function offsetTo(clipping: Clipping, at: Point): Point {
  requireFinite(at, 'Paste', 'the place');
  const corners = [...Object.values(clipping.nodes).map(readPosition), ...Object.values(clipping.groups).map((group) => readPoint(group['position']) ?? [0, 0] as const)];
  const [left, top] = corners.reduce<Point>(([x, y], corner) => [Math.min(x, corner[0]), Math.min(y, corner[1])], [Infinity, Infinity]);
  return corners.length === 0 ? [0, 0] : [at[0] - left, at[1] - top];
}

function place(state: EditorState, clipping: Clipping, by: Point): Applied {
  requireFinite(by, 'Paste', 'the offset');
  const { document, rename } = withSubgraphs(state.document, clipping.subgraphs);
  const { nodes, ui } = openScope(state);
  const fresh = new FreshIds((id) => Object.hasOwn(nodes, id));
  const ids = new Map(Object.keys(clipping.nodes).map((id) => [id, fresh.make(id)]));
  const copies = Object.entries(clipping.nodes).map(([id, node]) => {
    const use = subgraphOf(node);
    if (isBoundary(node)) throw refusal('boundary', `Node "${id}"`, 'must stay in its sub-graph: it stands for its ports');
    const renamed = use === undefined ? node : { ...node, type: subgraphType(rename.get(use) ?? use) };
    if (use !== undefined && state.scope !== undefined && usesSubgraph({ document }, rename.get(use) ?? use, state.scope)) {
      throw refusal('subgraph-in-itself', `Sub-graph "${use}"`, 'must not hold itself', { got: `a use of it in "${state.scope}"` });
    }
    return [ids.get(id) as string, copyOf(renamed, ids, by)] as const;
  });
  let nextUi = ui;
  const groups: string[] = [];
  for (const [id, group] of Object.entries(clipping.groups)) {
    const groupId = freshId(id, (name) => Object.hasOwn(savedGroups(nextUi), name));
    const [x, y] = readPoint(group['position']) ?? [0, 0];
    nextUi = withGroup(nextUi, groupId, { ...group, position: [x + by[0], y + by[1]] });
    groups.push(groupId);
  }
  if (copies.length + groups.length === 0) return { state };
  const next = changeScope({ ...state, document }, { nodes: { ...nodes, ...Object.fromEntries(copies) }, ui: nextUi });
  return { state: { ...next, selection: selectionOf(ids.values(), groups) }, created: [...ids.values()] };
}

/** Links to copies lead to the copies; others (of a copy within one graph) to where they led. */
function copyOf(node: Clipping['nodes'][string], ids: ReadonlyMap<string, string>, by: Point): Clipping['nodes'][string] {
  const rename = (id: string): string => ids.get(id) ?? id;
  const linked = { ...withLinks({ ...node, ui: undefined }, (link): GraphLink => ({ ...link, node: rename(link.node) })), ui: node.ui };
  const routed = keepReroutes(linked, { rename, by: () => by });
  const [x, y] = readPosition(node);
  return withNodeUi(routed, { position: [x + by[0], y + by[1]] });
}

/** The document with the sub-graphs of a clipping. One that is there already in the same form is used; of another form, it comes under a new id. */
function withSubgraphs(document: GraphFile, wanted: Clipping['subgraphs']): { readonly document: GraphFile; readonly rename: ReadonlyMap<string, string> } {
  const other = new Set(Object.keys(wanted).filter((id) => { const there = findSubgraph(document, id); return there !== undefined && JSON.stringify(there) !== JSON.stringify(wanted[id]); }));
  // What uses a sub-graph of another form is of another form itself.
  for (let before = -1; before !== other.size;) {
    before = other.size;
    for (const [id, { nodes }] of Object.entries(wanted)) if (Object.values(nodes).some((node) => other.has(subgraphOf(node) ?? ''))) other.add(id);
  }
  const fresh = new FreshIds((id) => findSubgraph(document, id) !== undefined || Object.hasOwn(wanted, id));
  const rename = new Map([...other].filter((id) => findSubgraph(document, id) !== undefined).map((id) => [id, fresh.make(id)]));
  const added = Object.keys(wanted).filter((id) => rename.has(id) || findSubgraph(document, id) === undefined);
  if (added.length === 0) return { document, rename };
  const renamedUses = (subgraph: Subgraph): Subgraph => ({
    ...subgraph,
    nodes: Object.fromEntries(Object.entries(subgraph.nodes).map(([id, node]) => { const use = subgraphOf(node); return [id, use !== undefined && rename.has(use) ? { ...node, type: subgraphType(rename.get(use) as string) } : node]; })),
  });
  const entries = added.map((id) => [rename.get(id) ?? id, renamedUses(wanted[id] as Subgraph)] as const);
  return { document: { ...document, subgraphs: { ...document.subgraphs, ...Object.fromEntries(entries) } }, rename };
}
