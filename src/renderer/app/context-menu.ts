import { Unlink } from 'lucide';
import type { LinkName, MenuSubject, PointerPlace } from '../canvas/gestures/gesture.ts';
import type { MenuEntry } from '../panels/kit/menu.tsx';
import { linkAt } from './link-at.ts';
import { menuItem } from './menu-item.ts';
import type { WindowState } from './window-context.ts';

const NODE_MENU = ['run.toHere', 'view.rename', 'line', 'edit.mute', 'edit.bypass', 'edit.collapse', 'line', 'edit.selectUpstream', 'edit.selectDownstream', 'line', 'edit.delete', 'edit.deleteReconnect'];
const CANVAS_MENU = ['view.palette', 'edit.selectAll', 'line', 'view.fit', 'line', 'edit.undo', 'edit.redo'];

/** The menu of what was pressed. */
export function menuFor(window: WindowState, subject: MenuSubject, at: PointerPlace): { readonly label: string; readonly entries: readonly MenuEntry[] } {
  switch (subject.kind) {
    case 'node': return { label: 'Node', entries: lines(window, NODE_MENU) };
    case 'group': return { label: 'Group', entries: lines(window, ['edit.delete']) };
    case 'link': return { label: 'Link', entries: [unlink(window, [subject.link])] };
    case 'port': return { label: 'Port', entries: [unlink(window, linksAt(window, subject))] };
    case 'canvas': return {
      label: 'Canvas',
      entries: lines(window, CANVAS_MENU).map((entry, index) => (index === 0 && entry !== 'line' ? { ...entry, run: () => { window.palette.value = { clientX: at.clientX, clientY: at.clientY, at: [Math.round(at.x), Math.round(at.y)] }; } } : entry)),
    };
  }
}

function lines(window: WindowState, ids: readonly string[]): MenuEntry[] {
  return ids.map((id): MenuEntry => (id === 'line' ? 'line' : menuItem(window, id)));
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
