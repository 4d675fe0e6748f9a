import type { NodeSchema } from '../../../contract/node.ts';
import { subgraphOf, subgraphType } from '../../../contract/subgraphs.ts';
import type { GraphView } from '../view.ts';
import { portOf, type SidedPort } from './ports.ts';

/** A node type that could be added. */
export interface PaletteCandidate {
  readonly schema: NodeSchema;
  /** Where a link that is dragged into the void would end; undefined when none is dragged. Several ports may fit: this is the first, `ports` has all. */
  readonly port: string | undefined;
  readonly ports: readonly string[];
}

/**
 * Node types that can be added to a scope, those first that were used most; with a dragged port, only those that it can be linked to.
 * @param uses How often each type was added, by type.
 */
export function paletteCandidates(view: GraphView, dragged?: SidedPort, uses: ReadonlyMap<string, number> = new Map()): PaletteCandidate[] {
  const candidates = addableSchemas(view).flatMap((schema): PaletteCandidate[] => {
    if (dragged === undefined) return [{ schema, port: undefined, ports: [] }];
    const ports = fittingPorts(view, schema, dragged);
    return ports.length === 0 ? [] : [{ schema, port: ports[0], ports }];
  });
  return candidates
    .map((candidate, index) => ({ candidate, index, used: uses.get(candidate.schema.type) ?? 0 }))
    .sort((a, b) => b.used - a.used || a.index - b.index)
    .map(({ candidate }) => candidate);
}

/** Ports of a node type that a dragged port can be linked to, by name; required inputs before optional ones, params last. */
export function fittingPorts(view: GraphView, schema: NodeSchema, dragged: SidedPort): string[] {
  const own = view.schema(dragged.node);
  const type = own === undefined ? undefined : portOf(own, dragged.side, dragged.port)?.type;
  if (type === undefined) return [];
  if (dragged.side === 'input') return Object.keys(schema.outputs).filter((name) => schema.outputs[name]?.type === type);
  const inputs = Object.keys(schema.inputs).sort((a, b) => Number(schema.inputs[a]?.optional === true) - Number(schema.inputs[b]?.optional === true));
  return [...inputs, ...Object.keys(schema.params)].filter((name) => portOf(schema, 'input', name)?.type === type);
}

/** Installed types, and the sub-graphs of the document but for those that the open one is part of. */
function addableSchemas(view: GraphView): NodeSchema[] {
  const subgraphs = Object.keys(view.document.subgraphs ?? {}).filter((id) => view.scope === undefined || !usesSubgraph(view, id, view.scope));
  const uses = subgraphs.flatMap((id) => view.catalogue.schemaOf({ type: subgraphType(id) }, view.document, view.scope) ?? []);
  return [...view.catalogue.schemas, ...uses];
}

/** Whether a sub-graph is another one, or has a use of it at any depth. */
export function usesSubgraph(view: Pick<GraphView, 'document'>, id: string, other: string): boolean {
  const pending = [id];
  const seen = new Set<string>();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next === other) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    const subgraphs = view.document.subgraphs ?? {};
    const nodes = Object.hasOwn(subgraphs, next) ? subgraphs[next]?.nodes ?? {} : {};
    pending.push(...Object.values(nodes).flatMap((node) => subgraphOf(node) ?? []));
  }
  return false;
}
