import type { GraphNode } from '../../contract/graph-file.ts';
import type { NodeSchema, PortSchema } from '../../contract/node.ts';
import { checkParam, type ParamSchema } from '../../contract/params.ts';
import { groupBox, isCollapsed, readColor, readGroups, readPosition, readSize, shownInputs, type EditorState, type GraphView, type ShownInput } from '../graph/index.ts';
import { oneLine, words } from '../words.ts';
import type { ShownGraph, ShownGroup, ShownLink } from './scene.ts';
import type { ShownNode, ShownParam, ShownPort } from './shown-node.ts';

/** New nodes that are made at one go. */
export const MOST_AT_ONCE = 4000;

/** Turns documents into what the canvas draws; what has not changed stays the same object. */
export class Shower {
  #nodes = new WeakMap<GraphNode, { readonly id: string; readonly schema: NodeSchema | undefined; readonly shown: ShownNode }>();
  /** A document of which not all nodes have been made. */
  #making: { readonly view: GraphView; readonly entries: readonly (readonly [string, GraphNode])[]; readonly nodes: ShownNode[] } | undefined;
  #last: { readonly view: GraphView; readonly shown: Pick<ShownGraph, 'nodes' | 'links' | 'groups'> } | undefined;

  /**
   * What the canvas draws of a state. When too many nodes are new to be made without the window standing still, only some of them are:
   * `complete` says whether all are there, and the same question again makes more.
   */
  show(view: GraphView, state: EditorState): ShownGraph & { readonly complete: boolean } {
    const { nodes, links, groups } = this.#document(view);
    return { nodes, links, groups, selectedNodes: state.selection.nodes, selectedGroups: state.selection.groups, complete: this.#last?.view === view };
  }

  #document(view: GraphView): Pick<ShownGraph, 'nodes' | 'links' | 'groups'> {
    if (this.#last?.view === view) return this.#last.shown;
    if (this.#making?.view !== view) this.#making = { view, entries: Object.entries(view.nodes), nodes: [] };
    const { entries, nodes } = this.#making;
    for (let made = 0; nodes.length < entries.length; ) {
      const [id, node] = entries[nodes.length] as (typeof entries)[number];
      const schema = view.schema(id);
      const known = this.#nodes.get(node);
      if (known && known.schema === schema && known.id === id) nodes.push(known.shown);
      else {
        if (made === MOST_AT_ONCE) return { nodes: [...nodes], links: [], groups: [] };
        const shown = showNode(id, node, schema, shownInputs(view, id));
        this.#nodes.set(node, { id, schema, shown });
        nodes.push(shown);
        made += 1;
      }
    }
    this.#making = undefined;
    const shown = { nodes, links: showLinks(view), groups: showGroups(view) };
    this.#last = { view, shown };
    return shown;
  }
}

/** A node of a file as the canvas draws it; of an unknown type, what the file says is shown. */
export function showNode(id: string, node: GraphNode, schema: NodeSchema | undefined, inputs: readonly ShownInput[]): ShownNode {
  return {
    id,
    title: oneLine(node.title ?? schema?.title ?? node.type),
    category: schema?.category ?? '',
    inputs: schema ? inputs.map(({ name, port, isParam }) => ({ ...showPort(name, port), param: isParam })) : Object.keys(node.inputs).map((name) => unknownPort(name)),
    outputs: Object.entries(schema?.outputs ?? {}).map(([name, port]) => showPort(name, port)),
    params: showParams(node, schema),
    position: readPosition(node),
    size: readSize(node),
    collapsed: isCollapsed(node),
    color: readColor(node.ui),
    mode: modeOf(node),
    known: schema !== undefined,
    inert: schema?.inert === true,
    pictures: Object.values(schema?.outputs ?? {}).some(({ type }) => type === 'Image'),
  };
}

function showPort(name: string, { type, optional, many }: PortSchema): ShownPort {
  return { name, label: words(name), type, optional: optional === true, many: many === true, param: false };
}

function unknownPort(name: string): ShownPort {
  return { name, label: words(name), type: '', optional: true, many: false, param: false };
}

function showParams(node: GraphNode, schema: NodeSchema | undefined): ShownParam[] {
  if (!schema) return Object.entries(node.params).map(([name, value]) => ({ name, label: words(name), text: oneLine(JSON.stringify(value)), block: false, wrong: false }));
  return Object.entries(schema.params).map(([name, param]) => {
    const value: unknown = Object.hasOwn(node.params, name) ? node.params[name] : param.default;
    return { name, label: words(name), text: paramText(param, value), block: isBlock(param), wrong: checkParam(param, value, '', name) !== undefined };
  });
}

/** Whether a param is prose, and so shown as lines of its own. */
function isBlock(param: ParamSchema): boolean {
  return param.kind === 'text-list' || (param.kind === 'text' && param.multiline === true);
}

/** A value as it is read on a node. */
export function paramText(param: ParamSchema, value: unknown): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (Array.isArray(value)) return value.map((item) => oneLine(String(item))).join(param.kind === 'text-list' ? '\n' : ', ');
  if (typeof value !== 'string') return JSON.stringify(value) ?? '';
  return isBlock(param) ? value : oneLine(value);
}

function modeOf(node: GraphNode): ShownNode['mode'] {
  return node.mode === 'mute' || node.mode === 'bypass' ? node.mode : 'active';
}

function showLinks(view: GraphView): ShownLink[] {
  return view.links.map((link) => {
    const { from, to } = link;
    const outputs = view.schema(from.node)?.outputs ?? {};
    return { from: from.node, output: from.port, to: to.node, input: to.port, type: Object.hasOwn(outputs, from.port) ? outputs[from.port]?.type ?? '' : '', points: view.reroutes(link) };
  });
}

function showGroups(view: GraphView): ShownGroup[] {
  return [...readGroups(view.ui)].map(([id, group]) => ({ id, title: oneLine(group.title), color: group.color, box: groupBox(group) }));
}
