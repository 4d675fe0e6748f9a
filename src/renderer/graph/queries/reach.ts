import type { GraphView } from '../view.ts';

/** The given nodes and everything that they need. Links to nodes that aren't there lead nowhere. */
export function upstreamOf(view: GraphView, ids: Iterable<string>): ReadonlySet<string> {
  return reach(view, ids, (id) => view.into(id).map((link) => link.from.node));
}

/** The given nodes and everything that needs them. */
export function downstreamOf(view: GraphView, ids: Iterable<string>): ReadonlySet<string> {
  return reach(view, ids, (id) => view.outOf(id).map((link) => link.to.node));
}

function reach(view: GraphView, ids: Iterable<string>, next: (id: string) => readonly string[]): Set<string> {
  const pending = [...ids];
  const found = new Set<string>();
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (found.has(id) || view.node(id) === undefined) continue;
    found.add(id);
    for (const other of next(id)) pending.push(other);
  }
  return found;
}
