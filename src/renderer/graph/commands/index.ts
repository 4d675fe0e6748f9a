import { internalError } from '../../../contract/errors.ts';
import { addNode } from './add-node.ts';
import type { CommandKind } from './command.ts';
import { connect, disconnect, reorderLink } from './links.ts';
import { addGroup, moveGroups, removeGroups, setGroup } from './groups.ts';
import { makeSubgraph } from './make-subgraph.ts';
import { moveNodes, placeNodes } from './move.ts';
import { collapseNodes, colorNodes, renameNode, resizeNode, setReroutes, showParamPort } from './node-look.ts';
import { duplicate, paste } from './paste.ts';
import { removeNodes } from './remove-nodes.ts';
import { replaceDocument } from './replace-document.ts';
import { setSeedMode } from './seed-mode.ts';
import { setMode } from './set-mode.ts';
import { setParam } from './set-param.ts';
import { addSubgraphPort, describeSubgraph, detachSubgraph, exposeParam, removeSubgraph, renameSubgraphPort } from './subgraph-ports.ts';
import { unpackSubgraph } from './unpack-subgraph.ts';

/** Every kind of command, one entry each. */
const COMMANDS = [
  addNode, removeNodes, connect, disconnect, reorderLink, moveNodes, placeNodes, setParam,
  renameNode, resizeNode, collapseNodes, colorNodes, showParamPort, setReroutes, setMode, addGroup, setGroup, removeGroups, moveGroups,
  paste, duplicate,
  makeSubgraph, unpackSubgraph, detachSubgraph, removeSubgraph, describeSubgraph, addSubgraphPort, renameSubgraphPort, exposeParam, setSeedMode, replaceDocument,
] as const;

type CommandOf<K> = K extends CommandKind<infer C> ? C : never;

/** A change to the graph, as data. */
export type Command = CommandOf<(typeof COMMANDS)[number]>;

const BY_TYPE = indexCommands(COMMANDS);

/** The command kinds by type. @throws AppError when one is listed twice. */
export function indexCommands(kinds: readonly CommandKind<Command>[]): ReadonlyMap<string, CommandKind<Command>> {
  const byType = new Map<string, CommandKind<Command>>();
  for (const kind of kinds) {
    if (byType.has(kind.type)) throw internalError('edit.duplicate-command', `Command "${kind.type}"`, 'must be listed once');
    byType.set(kind.type, kind);
  }
  return byType;
}

/** The kind of a command. @throws AppError `edit.unknown-command` */
export function kindOf(command: Command): CommandKind<Command> {
  const kind = BY_TYPE.get(command.type);
  if (kind === undefined) throw internalError('edit.unknown-command', `Command "${command.type}"`, 'must be listed');
  return kind;
}
