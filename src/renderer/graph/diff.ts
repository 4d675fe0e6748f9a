import { linksOf, type GraphFile, type GraphNode, type Subgraph } from '../../contract/graph-file.ts';
import { printValue } from '../../contract/params.ts';
import { savedGroups } from './layout/groups.ts';
import { nodeAt, scopeOf, type GraphNodes } from './state.ts';
import type { PortEnd } from './view.ts';

/** Where a change is: in the graph itself (scope undefined) or in a sub-graph. */
interface Scoped { readonly scope: string | undefined }
interface Valued { readonly before: unknown; readonly after: unknown }

/** One difference between two versions of a graph. Values are as in the files; undefined is "not there". */
export type GraphChange =
  | Scoped & { readonly kind: 'node-added' | 'node-removed'; readonly node: string; readonly where: string }
  | Scoped & Valued & { readonly kind: 'param'; readonly node: string; readonly where: string; readonly param: string }
  | Scoped & Valued & { readonly kind: 'node-field'; readonly node: string; readonly where: string; readonly field: string }
  | Scoped & { readonly kind: 'link-added' | 'link-removed'; readonly from: PortEnd; readonly to: PortEnd }
  | Scoped & { readonly kind: 'links-reordered'; readonly to: PortEnd }
  | Scoped & { readonly kind: 'node-layout'; readonly node: string; readonly where: string; readonly fields: readonly string[] }
  | Scoped & { readonly kind: 'group-added' | 'group-removed' | 'group-changed'; readonly group: string; readonly title: string }
  | { readonly kind: 'subgraph-added' | 'subgraph-removed'; readonly subgraph: string }
  | Valued & { readonly kind: 'subgraph-field'; readonly subgraph: string; readonly field: string }
  | Valued & { readonly kind: 'document-field'; readonly field: string };

/** Fields that are compared on their own; all others as they stand. */
const NODE_PARTS = new Set(['params', 'inputs', 'ui']);
const OWNER_PARTS = new Set(['nodes', 'subgraphs', 'ui']);

/** Everything that two versions of a graph differ in: nodes, params, links, layout, groups, sub-graphs, and fields that nobody here knows. Equal graphs give none. */
export function diffGraphs(before: GraphFile, after: GraphFile): GraphChange[] {
  const changes: GraphChange[] = fieldsOf(before, after, OWNER_PARTS).map((field): GraphChange => ({ kind: 'document-field', field, before: before[field], after: after[field] }));
  changes.push(...diffScope(before, after, undefined));
  const [old, now] = [before.subgraphs ?? {}, after.subgraphs ?? {}];
  for (const id of keysOf(old, now)) {
    const [was, is] = [ownOf(old, id), ownOf(now, id)] as [Subgraph | undefined, Subgraph | undefined];
    if (was === undefined || is === undefined) changes.push({ kind: was === undefined ? 'subgraph-added' : 'subgraph-removed', subgraph: id });
    else if (was !== is) {
      changes.push(...fieldsOf(was, is, OWNER_PARTS).map((field): GraphChange => ({ kind: 'subgraph-field', subgraph: id, field, before: was[field], after: is[field] })));
      changes.push(...diffScope(before, after, id));
    }
  }
  return changes;
}

function diffScope(before: GraphFile, after: GraphFile, scope: string | undefined): GraphChange[] {
  const [was, is] = [scopeOf(before, scope), scopeOf(after, scope)];
  const changes: GraphChange[] = [];
  for (const id of keysOf(was.nodes, is.nodes)) {
    const [old, now] = [nodeAt(was.nodes, id), nodeAt(is.nodes, id)];
    if (old === now) continue;
    if (old === undefined || now === undefined) changes.push({ kind: old === undefined ? 'node-added' : 'node-removed', scope, node: id, where: whereOf(id, (now ?? old) as GraphNode) });
    else changes.push(...diffNode(id, old, now, scope));
  }
  changes.push(...diffLinks(was.nodes, is.nodes, scope), ...diffGroups(was.ui, is.ui, scope));
  const others = fieldsOf(was.ui, is.ui, new Set(['groups']));
  return [...changes, ...others.map((field): GraphChange => {
    const values = { field: `ui.${field}`, before: was.ui[field], after: is.ui[field] };
    return scope === undefined ? { kind: 'document-field', ...values } : { kind: 'subgraph-field', subgraph: scope, ...values };
  })];
}

function diffNode(id: string, old: GraphNode, now: GraphNode, scope: string | undefined): GraphChange[] {
  const about = { scope, node: id, where: whereOf(id, now) };
  const params = keysOf(old.params, now.params).filter((param) => !sameJson(ownOf(old.params, param), ownOf(now.params, param)));
  const layout = fieldsOf(old.ui ?? {}, now.ui ?? {}, new Set());
  return [
    ...fieldsOf(old, now, NODE_PARTS).map((field): GraphChange => ({ kind: 'node-field', ...about, field, before: old[field], after: now[field] })),
    ...params.map((param): GraphChange => ({ kind: 'param', ...about, param, before: ownOf(old.params, param), after: ownOf(now.params, param) })),
    ...(layout.length === 0 ? [] : [{ kind: 'node-layout' as const, ...about, fields: layout }]),
  ];
}

function diffLinks(was: GraphNodes, is: GraphNodes, scope: string | undefined): GraphChange[] {
  return keysOf(was, is).flatMap((node) => {
    const [old, now] = [nodeAt(was, node)?.inputs ?? {}, nodeAt(is, node)?.inputs ?? {}];
    return old === now ? [] : keysOf(old, now).flatMap((port) => diffInput(ends(ownOf(old, port)), ends(ownOf(now, port)), { node, port }, scope));
  });
}

function ends(input: GraphNode['inputs'][string] | undefined): PortEnd[] {
  return linksOf(input).map(({ node, port }) => ({ node, port }));
}

function diffInput(old: readonly PortEnd[], now: readonly PortEnd[], to: PortEnd, scope: string | undefined): GraphChange[] {
  const left = [...now];
  const removed = old.filter((link) => {
    const at = left.findIndex((other) => other.node === link.node && other.port === link.port);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  const changes: GraphChange[] = [...removed.map((from) => ({ kind: 'link-removed' as const, scope, from, to })), ...left.map((from) => ({ kind: 'link-added' as const, scope, from, to }))];
  return changes.length === 0 && !sameJson(old, now) ? [{ kind: 'links-reordered', scope, to }] : changes;
}

function diffGroups(was: Readonly<Record<string, unknown>>, is: Readonly<Record<string, unknown>>, scope: string | undefined): GraphChange[] {
  const [old, now] = [savedGroups(was), savedGroups(is)];
  return keysOf(old, now).filter((group) => !sameJson(ownOf(old, group), ownOf(now, group))).map((group) => {
    const [before, after] = [ownOf(old, group), ownOf(now, group)];
    const title = ((after ?? before) as { title?: unknown } | null)?.title;
    return { kind: before === undefined ? 'group-added' : after === undefined ? 'group-removed' : 'group-changed', scope, group, title: typeof title === 'string' ? title : group };
  });
}

/** A change as a sentence for people: `Sample "portrait": steps 20 → 30`. */
export function describeChange(change: GraphChange): string {
  const prefix = 'scope' in change && change.scope !== undefined ? `In sub-graph ${change.scope}: ` : '';
  return prefix + wordsOf(change);
}

function wordsOf(change: GraphChange): string {
  switch (change.kind) {
    case 'node-added': return `${change.where} added`;
    case 'node-removed': return `${change.where} removed`;
    case 'param': return `${change.where}: ${change.param} ${printed(change.before)} → ${printed(change.after)}`;
    case 'node-field': return `${change.where}: ${change.field} ${printed(change.before)} → ${printed(change.after)}`;
    case 'link-added': return `Link ${linkWords(change)} added`;
    case 'link-removed': return `Link ${linkWords(change)} removed`;
    case 'links-reordered': return `Links into ${change.to.node}.${change.to.port} are in another order`;
    case 'node-layout': return `${change.where}: ${change.fields.includes('position') && change.fields.length === 1 ? 'moved' : `looks changed (${change.fields.join(', ')})`}`;
    case 'group-added': return `Group "${change.title}" added`;
    case 'group-removed': return `Group "${change.title}" removed`;
    case 'group-changed': return `Group "${change.title}" changed`;
    case 'subgraph-added': return `Sub-graph ${change.subgraph} added`;
    case 'subgraph-removed': return `Sub-graph ${change.subgraph} removed`;
    case 'subgraph-field': return `Sub-graph ${change.subgraph}: ${change.field} changed`;
    case 'document-field': return `${change.field}: ${printed(change.before)} → ${printed(change.after)}`;
  }
}

function linkWords({ from, to }: { readonly from: PortEnd; readonly to: PortEnd }): string {
  return `${from.node}.${from.port} → ${to.node}.${to.port}`;
}

function printed(value: unknown): string {
  return value === undefined ? 'none' : printValue(value);
}

function whereOf(id: string, node: GraphNode): string {
  return `${node.type} "${node.title ?? id}"`;
}

function ownOf<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function keysOf(a: object, b: object): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])];
}

function fieldsOf(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>, but: ReadonlySet<string>): string[] {
  return keysOf(a, b).filter((field) => !but.has(field) && !sameJson(ownOf(a, field), ownOf(b, field)));
}

/** Whether two JSON values are equal; the order of keys doesn't count. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => Object.hasOwn(right, key) && sameJson(left[key], right[key]));
}
