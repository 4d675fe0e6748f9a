import { linksOf, type GraphFile, type GraphNode } from '../../../contract/graph-file.ts';
import { printValue } from '../../../contract/params.ts';

/** What has changed from one graph to another, a line each: nodes, params, links; where things stand on the canvas is left out. */
export function describeDiff(before: GraphFile, after: GraphFile): readonly string[] {
  const ids = [...new Set([...Object.keys(before.nodes), ...Object.keys(after.nodes)])];
  return ids.flatMap((id) => {
    const [old, now] = [own(before.nodes, id), own(after.nodes, id)];
    if (!old && now) return [`added ${now.type} "${id}"`];
    if (old && !now) return [`removed ${old.type} "${id}"`];
    return old && now && old !== now ? changes(id, old, now) : [];
  });
}

function changes(id: string, old: GraphNode, now: GraphNode): readonly string[] {
  const lines: string[] = [];
  if (old.type !== now.type) lines.push(`${id}: ${old.type} -> ${now.type}`);
  if (old.title !== now.title) lines.push(`${id}: title ${printValue(old.title ?? null)} -> ${printValue(now.title ?? null)}`);
  if (old['mode'] !== now['mode']) lines.push(`${id}: ${String(old['mode'] ?? 'in use')} -> ${String(now['mode'] ?? 'in use')}`);
  for (const name of keysOf(old.params, now.params)) {
    const [a, b] = [own(old.params, name), own(now.params, name)];
    if (JSON.stringify(a) !== JSON.stringify(b)) lines.push(`${id}.${name}: ${a === undefined ? 'default' : printValue(a)} -> ${b === undefined ? 'default' : printValue(b)}`);
  }
  for (const name of keysOf(old.inputs, now.inputs)) {
    const [a, b] = [linkText(own(old.inputs, name)), linkText(own(now.inputs, name))];
    if (a !== b) lines.push(`${id} takes ${name} from ${b} instead of ${a}`);
  }
  return lines;
}

function linkText(input: GraphNode['inputs'][string] | undefined): string {
  return linksOf(input).map(({ node, port }) => `${node}.${port}`).join(', ') || 'nothing';
}

function keysOf(a: object, b: object): readonly string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])];
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
