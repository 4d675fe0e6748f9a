import { describeError } from '../../contract/errors.ts';
import type { CanvasIntents, LinkName } from '../canvas/gestures/gesture.ts';
import { linkAt } from './link-at.ts';
import { subgraphOf } from '../../contract/subgraphs.ts';
import { isCollapsed, portVerdicts } from '../graph/index.ts';
import { menuFor } from './context-menu.ts';
import type { WindowState } from './window-context.ts';

/** What gestures on the canvas come to: commands of the model, menus and palettes of the window. */
export function makeIntents(window: WindowState): CanvasIntents {
  return { ...editIntents(window), ...openIntents(window) };
}

type EditIntents = Pick<CanvasIntents, 'select' | 'move' | 'resizeNode' | 'resizeGroup' | 'duplicate' | 'connect' | 'disconnect' | 'reroute' | 'reasonsAgainst' | 'toggleCollapsed'>;

function editIntents({ studio: { documents } }: WindowState): EditIntents {
  const { editor } = documents;
  return {
    select: (nodes, groups) => editor.select({ nodes, groups }),
    move: (nodes, groups, dx, dy) => void documents.dispatch(groups.length > 0 ? { type: 'move-groups', groups, nodes, by: [dx, dy] } : { type: 'move-nodes', nodes, by: [dx, dy] }),
    resizeNode: (node, size) => void documents.dispatch({ type: 'resize-node', node, size }),
    resizeGroup: (group, { x, y, width, height }) => void documents.dispatch({ type: 'set-group', group, change: { position: [x, y], size: [width, height] } }),
    duplicate(nodes) {
      const result = documents.dispatch({ type: 'duplicate', nodes, by: [0, 0] });
      return result.ok ? result.created : [];
    },
    connect(link, instead) {
      editor.transaction(instead ? 'Move link' : 'Link', () => {
        if (instead) removeLink(instead);
        documents.dispatch({ type: 'connect', from: link.from, to: link.to });
      });
    },
    disconnect: removeLink,
    reroute: ({ from, to }, points) => void documents.dispatch({ type: 'set-reroutes', from, to, points }),
    reasonsAgainst(from, side) {
      const reasons = new Map<string, Map<string, string>>();
      for (const { node, port, fault } of portVerdicts(editor.view, { ...from, side })) {
        if (!fault) continue;
        const ports = reasons.get(node) ?? new Map<string, string>();
        reasons.set(node, ports.set(port, describeError(fault)));
      }
      return reasons;
    },
    toggleCollapsed(id) {
      const node = editor.view.node(id);
      if (node) documents.dispatch({ type: 'collapse-nodes', nodes: [id], collapsed: !isCollapsed(node) });
    },
  };

  function removeLink(link: LinkName): void {
    const index = linkAt(editor.view, link);
    if (index !== undefined) documents.dispatch({ type: 'disconnect', to: link.to, index });
  }
}

type OpenIntents = Omit<CanvasIntents, keyof EditIntents>;

function openIntents(window: WindowState): OpenIntents {
  const { studio } = window;
  const { documents } = studio;
  return {
    dropLink(from, side, at) {
      window.palette.value = { clientX: at.clientX, clientY: at.clientY, at: [Math.round(side === 'output' ? at.x : at.x - 232), Math.round(at.y - 40)], link: { from, side } };
    },
    openPalette: (at) => { window.palette.value = { clientX: at.clientX, clientY: at.clientY, at: [Math.round(at.x), Math.round(at.y)] }; },
    openMenu(what, at) {
      if (what.kind === 'node' && !documents.state.value.selection.nodes.has(what.node)) documents.editor.select({ nodes: [what.node] });
      window.menu.value = { ...menuFor(window, what, at), clientX: at.clientX, clientY: at.clientY };
    },
    openParam: (node, param) => studio.focusParam(node, param),
    openPicture(node) {
      const pictures = (studio.runs.run.value?.nodes[node]?.artifacts ?? []).filter(({ kind }) => kind === 'image' || kind === 'contact-sheet');
      if (pictures.length > 0) studio.viewing.value = { results: pictures.map(({ result }) => result), index: 0 };
    },
    openNode(id) {
      const node = documents.view.value.node(id);
      const subgraph = node && subgraphOf(node);
      if (subgraph !== undefined) documents.editor.openScope(subgraph);
    },
    rename(subject) {
      if ('node' in subject) {
        documents.editor.select({ nodes: [subject.node] });
        studio.preferences.set('inspector', true);
        requestAnimationFrame(() => document.querySelector<HTMLInputElement>('#node-title')?.select());
      } else documents.editor.select({ groups: [subject.group] });
    },
    tell: (text, at) => { window.hint.value = text === undefined ? undefined : { text, x: at.clientX, y: at.clientY }; },
  };
}
