import { Cable, Spline, Unlink } from 'lucide';
import { subgraphOf } from '../../contract/subgraphs.ts';
import type { LinkName, MenuSubject, PointerPlace } from '../canvas/gestures/gesture.ts';
import type { MenuEntry } from '../panels/kit/menu.tsx';
import { linkAt } from './link-at.ts';
import { menuItem } from './menu-item.ts';
import type { WindowState } from './window-context.ts';

const NODE_MENU = [
  'run.toHere', 'edit.link', 'edit.params', 'view.rename', 'line', 'edit.mute', 'edit.bypass', 'edit.collapse', 'line', 'edit.copy', 'edit.cut', 'edit.duplicate', 'line',
  'arrange.group', 'arrange.layout', 'subgraph.make', 'line', 'edit.selectUpstream', 'edit.selectDownstream', 'line', 'edit.delete', 'edit.deleteReconnect',
];
const SUBGRAPH_MENU = ['subgraph.open', 'subgraph.unpack', 'subgraph.detach', 'line'];
const CANVAS_MENU = ['view.palette', 'edit.paste', 'edit.selectAll', 'line', 'arrange.layout', 'view.fit', 'line', 'edit.undo', 'edit.redo'];

/** The menu of what was pressed. */
export function menuFor(window: WindowState, subject: MenuSubject, at: PointerPlace): { readonly label: string; readonly entries: readonly MenuEntry[] } {
  switch (subject.kind) {
    case 'node': return { label: 'Node', entries: [...lines(window, isUse(window, subject.node) ? SUBGRAPH_MENU : []), ...lines(window, NODE_MENU), 'line', ...colors(window)] };
    case 'group': return { label: 'Group', entries: lines(window, ['edit.duplicate', 'edit.delete']) };
    case 'link': return { label: 'Link', entries: [straighten(window, subject), unlink(window, [subject.link])] };
    case 'port': return { label: 'Port', entries: [linkTo(window, subject), unlink(window, linksAt(window, subject))] };
    case 'canvas': return {
      label: 'Canvas',
      entries: lines(window, CANVAS_MENU).map((entry, index) => (index === 0 && entry !== 'line' ? { ...entry, run: () => { window.palette.value = { clientX: at.clientX, clientY: at.clientY, at: [Math.round(at.x), Math.round(at.y)] }; } } : entry)),
    };
  }
}

function lines(window: WindowState, ids: readonly string[]): MenuEntry[] {
  return ids.map((id): MenuEntry => (id === 'line' ? 'line' : menuItem(window, id)));
}

function isUse({ studio }: WindowState, id: string): boolean {
  const node = studio.documents.view.value.node(id);
  return node !== undefined && subgraphOf(node) !== undefined;
}

const COLORS = [['No colour', undefined], ['Red', '#c2555b'], ['Amber', '#b98a3a'], ['Green', '#4f9566'], ['Teal', '#3f8f97'], ['Violet', '#7d6bc4']] as const;

function colors({ studio: { documents } }: WindowState): MenuEntry[] {
  const nodes = [...documents.state.value.selection.nodes];
  const now = nodes.map((id) => documents.view.value.node(id)?.ui?.['color']);
  return COLORS.map(([label, color]): MenuEntry => ({ label, checked: now.every((own) => own === color), run: () => void documents.dispatch({ type: 'color-nodes', nodes, color }) }));
}

function straighten({ studio: { documents } }: WindowState, { link, points }: Extract<MenuSubject, { kind: 'link' }>): MenuEntry {
  return { label: 'Straighten', icon: Spline, disabled: points.length === 0, run: () => void documents.dispatch({ type: 'set-reroutes', from: link.from, to: link.to, points: [] }) };
}

function linkTo({ linking }: WindowState, { node, side, port }: Extract<MenuSubject, { kind: 'port' }>): MenuEntry {
  return { label: 'Link to…', icon: Cable, run: () => { linking.value = { node, port: { side, port } }; } };
}

function linksAt({ studio }: WindowState, { node, side, port }: Extract<MenuSubject, { kind: 'port' }>): LinkName[] {
  const view = studio.documents.view.value;
  const links = side === 'input' ? view.into(node).filter((link) => link.to.port === port) : view.outOf(node).filter((link) => link.from.port === port);
  return links.map(({ from, to }) => ({ from, to }));
}

function unlink({ studio: { documents } }: WindowState, links: readonly LinkName[]): MenuEntry {
  return {
    label: links.length > 1 ? `Remove ${links.length} links` : 'Remove link', icon: Unlink, disabled: links.length === 0,
    run: () => documents.editor.transaction('Unlink', () => {
      for (const link of links) {
        const index = linkAt(documents.editor.view, link);
        if (index !== undefined) documents.dispatch({ type: 'disconnect', to: link.to, index });
      }
    }),
  };
}
