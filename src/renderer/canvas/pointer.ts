import { dragLink } from './gestures/drag-link.ts';
import { dragNodes } from './gestures/drag-nodes.ts';
import { dragPoint } from './gestures/drag-point.ts';
import { nameOfLink, type Gesture, type MenuSubject, type PointerPlace, type Stage } from './gestures/gesture.ts';
import { marquee } from './gestures/marquee.ts';
import { pan } from './gestures/pan.ts';
import { resizeGroup, resizeNode } from './gestures/resize.ts';
import { distanceToLink } from './geometry.ts';
import { hitTest, type Hit } from './hit-test.ts';
import type { ViewLink } from './view-objects.ts';

/** How far the pointer may move, in CSS pixels, and still click. */
const CLICK_SLOP = 4;
const ZOOM_PER_PIXEL = 0.0016;

/** What dragging on nothing and turning the wheel do. */
export interface PointerHabits {
  readonly dragOnNothing: 'pan' | 'select';
  readonly wheel: 'zoom' | 'pan';
}

/** Turns presses, moves and wheels on the canvas into gestures. */
export class Pointer {
  habits: PointerHabits = { dragOnNothing: 'pan', wheel: 'zoom' };
  #gesture: Gesture | undefined;
  #start: PointerPlace | undefined;
  #moved = false;
  #spaceHeld = false;
  readonly #stage: Stage;
  readonly #element: HTMLElement;
  readonly #stop = new AbortController();

  constructor(stage: Stage, element: HTMLElement) {
    this.#stage = stage;
    this.#element = element;
    const { signal } = this.#stop;
    element.addEventListener('pointerdown', (event) => this.#down(event), { signal });
    element.addEventListener('pointermove', (event) => this.#move(event), { signal });
    element.addEventListener('pointerup', (event) => this.#up(event), { signal });
    element.addEventListener('pointercancel', () => this.cancel(), { signal });
    element.addEventListener('pointerleave', (event) => this.#stage.intents.tell(undefined, this.#place(event)), { signal });
    element.addEventListener('dblclick', (event) => this.#doubleClick(event), { signal });
    element.addEventListener('contextmenu', (event) => this.#menu(event), { signal });
    element.addEventListener('wheel', (event) => this.#wheel(event), { signal, passive: false });
    element.addEventListener('keydown', (event) => this.#key(event, true), { signal });
    element.addEventListener('keyup', (event) => this.#key(event, false), { signal });
  }

  /** Where the pointer was last, in graph units. */
  last: PointerPlace = { x: 0, y: 0, clientX: 0, clientY: 0, shift: false, control: false, alt: false };

  /** Ends the gesture as if it had never begun. */
  cancel(): boolean {
    const gesture = this.#gesture;
    this.#gesture = undefined;
    this.#element.style.cursor = '';
    gesture?.cancel();
    return gesture !== undefined;
  }

  /** Ends listening. */
  dispose(): void {
    this.#stop.abort();
  }

  #place(event: MouseEvent): PointerPlace {
    const bounds = this.#element.getBoundingClientRect();
    const [x, y] = this.#stage.canvas.ds.convertCanvasToOffset([event.clientX - bounds.left, event.clientY - bounds.top]);
    return { x, y, clientX: event.clientX, clientY: event.clientY, shift: event.shiftKey, control: event.ctrlKey || event.metaKey, alt: event.altKey };
  }

  #down(event: PointerEvent): void {
    if (this.#gesture || event.button > 1) return;
    this.#element.focus({ preventScroll: true });
    const at = this.#place(event);
    const gesture = this.#begin(event, at);
    if (!gesture) return;
    event.preventDefault();
    this.#element.setPointerCapture(event.pointerId);
    this.#gesture = gesture;
    this.#start = at;
    this.#moved = false;
    this.#element.style.cursor = gesture.cursor ?? '';
  }

  #begin(event: PointerEvent, at: PointerPlace): Gesture | undefined {
    const stage = this.#stage;
    if (event.button === 1 || this.#spaceHeld) return pan(stage, at, false);
    const hit = hitTest(stage.scene, at.x, at.y, stage.canvas.ds.scale);
    switch (hit.kind) {
      case 'port': return dragLink(stage, at, hit.place);
      case 'param': return clickOrDrag(dragNodes(stage, at, hit.node), () => stage.intents.openParam(hit.node.key, hit.param));
      case 'node': {
        if (hit.part === 'corner') return resizeNode(stage, at, hit.node);
        const drag = dragNodes(stage, at, hit.node);
        return hit.part === 'chip' ? clickOrDrag(drag, () => stage.intents.toggleCollapsed(hit.node.key)) : drag;
      }
      case 'group': return hit.part === 'corner' ? resizeGroup(stage, at, hit.group) : dragNodes(stage, at, hit.group);
      case 'point': return dragPoint(stage, hit.link, hit.index);
      case 'link':
      case 'none': return at.shift || at.control || this.habits.dragOnNothing === 'select' ? marquee(stage, at) : pan(stage, at, true);
    }
  }

  #move(event: PointerEvent): void {
    const at = this.#place(event);
    this.last = at;
    const gesture = this.#gesture;
    if (!gesture || !this.#start) {
      this.#hover(at);
      return;
    }
    if (!this.#moved && Math.hypot(at.clientX - this.#start.clientX, at.clientY - this.#start.clientY) < CLICK_SLOP) return;
    this.#moved = true;
    gesture.move(at);
  }

  #up(event: PointerEvent): void {
    const gesture = this.#gesture;
    if (!gesture) return;
    this.#gesture = undefined;
    this.#element.style.cursor = '';
    gesture.end(this.#place(event), this.#moved);
  }

  #hover(at: PointerPlace): void {
    const { scene, canvas, intents } = this.#stage;
    const hit = hitTest(scene, at.x, at.y, canvas.ds.scale);
    this.#element.style.cursor = this.#spaceHeld ? 'grab' : cursorOf(hit);
    intents.tell(hintOf(hit), at);
  }

  #doubleClick(event: MouseEvent): void {
    const at = this.#place(event);
    const { scene, canvas, intents } = this.#stage;
    const hit = hitTest(scene, at.x, at.y, canvas.ds.scale);
    if (hit.kind === 'none') intents.openPalette(at);
    else if (hit.kind === 'link') intents.reroute(nameOfLink(hit.link), withPoint(hit.link, at));
    else if (hit.kind === 'point') intents.reroute(nameOfLink(hit.link), hit.link.points.filter((_point, index) => index !== hit.index));
    else if (hit.kind === 'node' && hit.part === 'title') intents.rename({ node: hit.node.key });
    else if (hit.kind === 'node' && hit.part === 'picture') intents.openPicture(hit.node.key);
    else if (hit.kind === 'node' && hit.part === 'body') intents.openNode(hit.node.key);
    else if (hit.kind === 'group') intents.rename({ group: hit.group.key });
  }

  #menu(event: MouseEvent): void {
    event.preventDefault();
    const at = this.#place(event);
    const { scene, canvas, intents } = this.#stage;
    intents.openMenu(subjectOf(hitTest(scene, at.x, at.y, canvas.ds.scale)), at);
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const { canvas } = this.#stage;
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
    // A pinch on a trackpad comes as a wheel with Control.
    const zooms = event.ctrlKey || event.metaKey || (this.habits.wheel === 'zoom' && !event.shiftKey);
    if (zooms) {
      const bounds = this.#element.getBoundingClientRect();
      const change = Math.max(-240, Math.min(240, dy * (event.ctrlKey ? 4 : 1)));
      canvas.ds.changeScale(canvas.ds.scale * Math.exp(-change * ZOOM_PER_PIXEL), [event.clientX - bounds.left, event.clientY - bounds.top]);
    } else canvas.ds.mouseDrag(event.shiftKey ? -dy : -dx, event.shiftKey ? -dx : -dy);
    canvas.requestDraw();
  }

  #key(event: KeyboardEvent, held: boolean): void {
    if (event.code !== 'Space') return;
    this.#spaceHeld = held;
    if (!this.#gesture) this.#element.style.cursor = held ? 'grab' : '';
    event.preventDefault();
  }
}

/** The way points of a link with one more where it was pressed. */
function withPoint({ path, points }: ViewLink, { x, y }: PointerPlace): ViewLink['points'] {
  const distances = path.slice(1).map((to, index) => distanceToLink(x, y, path[index] ?? to, to));
  const place = distances.indexOf(Math.min(...distances));
  return [...points.slice(0, place), [Math.round(x), Math.round(y)], ...points.slice(place)];
}

/** A gesture that does something else when it was a mere click. */
function clickOrDrag(drag: Gesture, click: () => void): Gesture {
  return {
    ...drag,
    end(at, moved) {
      drag.end(at, moved);
      if (!moved) click();
    },
  };
}

function cursorOf(hit: Hit): string {
  if (hit.kind === 'port') return 'crosshair';
  if ((hit.kind === 'node' || hit.kind === 'group') && hit.part === 'corner') return 'nwse-resize';
  if (hit.kind === 'param' || (hit.kind === 'node' && hit.part === 'chip')) return 'pointer';
  return '';
}

/** What a port is, at the pointer. */
function hintOf(hit: Hit): string | undefined {
  if (hit.kind !== 'port') return undefined;
  const { node, side, port: name } = hit.place;
  const row = (side === 'input' ? node.layout.inputs : node.layout.outputs).find(({ port }) => port.name === name);
  if (!row) return undefined;
  const traits = [row.port.optional ? 'optional' : undefined, row.port.many ? 'takes several' : undefined].filter((trait) => trait !== undefined);
  return `${row.port.label}: ${row.port.type}${traits.length > 0 ? ` (${traits.join(', ')})` : ''}`;
}

function subjectOf(hit: Hit): MenuSubject {
  switch (hit.kind) {
    case 'port': return { kind: 'port', node: hit.place.node.key, side: hit.place.side, port: hit.place.port };
    case 'param':
    case 'node': return { kind: 'node', node: hit.node.key };
    case 'point':
    case 'link': return { kind: 'link', link: nameOfLink(hit.link), points: hit.link.points };
    case 'group': return { kind: 'group', group: hit.group.key };
    case 'none': return { kind: 'canvas' };
  }
}
