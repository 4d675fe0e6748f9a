import type { ErrorData } from '../../../contract/errors.ts';
import type { GraphNode } from '../../../contract/graph-file.ts';
import type { Catalogue } from '../catalogue.ts';
import { refusal } from '../refusal.ts';
import type { EditorState } from '../state.ts';
import type { GraphView } from '../view.ts';

/** What a command may ask of its surroundings. */
export interface CommandContext {
  readonly catalogue: Catalogue;
  /** The open scope as it is before the command. */
  readonly view: GraphView;
}

/** What a command has made. */
export interface Applied {
  readonly state: EditorState;
  /** Ids of nodes (of groups, for commands that make groups) that are new, in the order that the command names them. */
  readonly created?: readonly string[];
  /** What was left out or changed on the way, for the user. */
  readonly notices?: readonly ErrorData[];
}

/** One kind of change: plain data in, new state out. */
export interface CommandKind<C extends { readonly type: string }> {
  readonly type: C['type'];
  /** What it does, in the user's words, for menus and history. */
  name(command: C, context: CommandContext): string;
  /**
   * The state after it; the same document when there is nothing to do.
   * @throws AppError when the command is refused.
   */
  apply(command: C, state: EditorState, context: CommandContext): Applied;
}

/** Types a command kind from its command. */
export function defineCommand<C extends { readonly type: string }>(kind: CommandKind<C>): CommandKind<C> {
  return kind;
}

/** The node of a command. @throws AppError `edit.missing-node` */
export function requireNode(context: CommandContext, id: string): GraphNode {
  const node = context.view.node(id);
  if (node === undefined) throw refusal('missing-node', `Node "${id}"`, 'must be in the graph', { nodeId: id });
  return node;
}

/** A finite point or size. @throws AppError `edit.not-finite` */
export function requireFinite(values: readonly number[], where: string, what: string): void {
  if (!values.every(Number.isFinite)) throw refusal('not-finite', where, `${what} must be finite numbers`, { got: values.join(', ') });
}

/** `1 node`, `3 nodes`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}
