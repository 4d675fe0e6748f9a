import type { ErrorData } from '../../../contract/errors.ts';
import type { PortSchema } from '../../../contract/node.ts';
import type { GraphView, PortEnd } from '../view.ts';
import { portOf, portVerdicts, type SidedPort } from './ports.ts';

/** A port of a node, as one may choose it to link it. */
export interface OwnPort extends SidedPort {
  readonly schema: PortSchema;
  /** It sets a param. */
  readonly isParam: boolean;
}

/** A port that a link from another port could end at. */
export interface LinkTarget extends SidedPort {
  readonly schema: PortSchema;
  /** The output that an input for one link has its value from now, and would have it no longer. */
  readonly replaces: PortEnd | undefined;
  /** Why no link can be made though the types are the same. */
  readonly fault: ErrorData | undefined;
}

/** Every port of a node: outputs, inputs, and the params, each of which can be an input. */
export function ownPorts(view: GraphView, node: string): OwnPort[] {
  const schema = view.schema(node);
  if (schema === undefined) return [];
  const params = Object.keys(schema.params).filter((name) => !Object.hasOwn(schema.inputs, name));
  const sides = [...Object.keys(schema.outputs).map((port) => ['output', port, false] as const), ...Object.keys(schema.inputs).map((port) => ['input', port, false] as const), ...params.map((port) => ['input', port, true] as const)];
  return sides.flatMap(([side, port, isParam]) => {
    const found = portOf(schema, side, port);
    return found === undefined ? [] : [{ side, node, port, schema: found, isParam }];
  });
}

/** Ports of the type of a port, on the other side: first those that are free, then those whose link would be replaced, last those that can't be linked. */
export function linkTargets(view: GraphView, from: SidedPort): LinkTarget[] {
  const schema = view.schema(from.node);
  const type = schema === undefined ? undefined : portOf(schema, from.side, from.port)?.type;
  const targets = portVerdicts(view, from).flatMap((verdict): LinkTarget[] => {
    const other = view.schema(verdict.node);
    const port = other === undefined ? undefined : portOf(other, verdict.side, verdict.port);
    if (port === undefined || port.type !== type) return [];
    const ends = joinPorts(from, verdict);
    const links = view.into(ends.to.node).filter(({ to }) => to.port === ends.to.port);
    // A link that is there already needs no second one.
    if (verdict.fault === undefined && links.some((link) => link.from.node === ends.from.node && link.from.port === ends.from.port)) return [];
    const many = view.schema(ends.to.node)?.inputs[ends.to.port]?.many === true;
    return [{ ...verdict, schema: port, replaces: many ? undefined : links[0]?.from }];
  });
  const rank = ({ fault, replaces }: LinkTarget): number => (fault !== undefined ? 2 : replaces !== undefined ? 1 : 0);
  return targets.sort((a, b) => rank(a) - rank(b));
}

/** The ends of a link between two ports, whichever of them is the output. */
export function joinPorts(port: SidedPort, other: PortEnd): { readonly from: PortEnd; readonly to: PortEnd } {
  const [own, far] = [{ node: port.node, port: port.port }, { node: other.node, port: other.port }];
  return port.side === 'output' ? { from: own, to: far } : { from: far, to: own };
}
