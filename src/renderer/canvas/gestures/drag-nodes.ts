import { overlaps, type Box } from '../geometry.ts';
import type { ViewGroup, ViewNode } from '../view-objects.ts';
import type { Gesture, PointerPlace, Stage } from './gesture.ts';

/** Moves the selected nodes and groups, and what stands in those groups; with Alt copies move instead. The model hears of it once, at the end. */
export function dragNodes(stage: Stage, start: PointerPlace, pressed: ViewNode | ViewGroup): Gesture {
  const { canvas, intents } = stage;
  const keep = start.shift || start.control;
  const wasSelected = pressed.selected;
  if (!wasSelected) selectOnly(stage, pressed, keep);
  let moved: Moved | undefined;
  const put = (dx: number, dy: number): void => {
    for (const node of moved?.nodes ?? []) node.drag([node.shown.position[0] + dx, node.shown.position[1] + dy]);
    for (const [group, box] of moved?.groups ?? []) group.show(group.title, group.color === '' ? undefined : group.color, { ...box, x: box.x + dx, y: box.y + dy });
    canvas.requestDraw();
  };
  const back = (): void => {
    put(0, 0);
    for (const node of moved?.nodes ?? []) node.drag(undefined);
  };
  return {
    cursor: 'grabbing',
    move(at) {
      moved ??= gather(stage, start.alt);
      put(at.x - start.x, at.y - start.y);
    },
    end(at, far) {
      if (moved && far) {
        const [dx, dy] = [Math.round(at.x - start.x), Math.round(at.y - start.y)];
        back();
        intents.move(moved.nodes.map((node) => node.key), [...moved.groups.keys()].map((group) => group.key), dx, dy);
        return;
      }
      back();
      // A click on one of several selected things means that one, once it is clear that it was no drag.
      if (wasSelected && !keep) selectOnly(stage, pressed, false);
      else if (wasSelected && keep) deselect(stage, pressed);
    },
    cancel: back,
  };
}

interface Moved { readonly nodes: readonly ViewNode[]; readonly groups: ReadonlyMap<ViewGroup, Box> }

function gather({ scene, intents }: Stage, copy: boolean): Moved {
  const selected = [...scene.nodes.values()].filter((node) => node.selected);
  if (copy && selected.length > 0) {
    const copies = intents.duplicate(selected.map((node) => node.key));
    return { nodes: copies.flatMap((key) => scene.nodes.get(key) ?? []), groups: new Map() };
  }
  const groups = new Map([...scene.groups.values()].filter((group) => group.selected).map((group) => [group, group.box]));
  const nodes = new Set(selected);
  for (const box of groups.values()) {
    for (const node of scene.nodes.values()) if (overlaps(box, { x: node.left + node.layout.width / 2, y: node.top + node.layout.height / 2, width: 0, height: 0 })) nodes.add(node);
  }
  return { nodes: [...nodes], groups };
}

function selected({ scene }: Stage): { nodes: Set<string>; groups: Set<string> } {
  return {
    nodes: new Set([...scene.nodes.values()].filter((node) => node.selected).map((node) => node.key)),
    groups: new Set([...scene.groups.values()].filter((group) => group.selected).map((group) => group.key)),
  };
}

function isNode(stage: Stage, thing: ViewNode | ViewGroup): thing is ViewNode {
  return stage.scene.nodes.get(thing.key) === thing;
}

function selectOnly(stage: Stage, thing: ViewNode | ViewGroup, add: boolean): void {
  const now = add ? selected(stage) : { nodes: new Set<string>(), groups: new Set<string>() };
  (isNode(stage, thing) ? now.nodes : now.groups).add(thing.key);
  if (isNode(stage, thing)) stage.scene.raise(thing);
  stage.intents.select(now.nodes, now.groups);
}

function deselect(stage: Stage, thing: ViewNode | ViewGroup): void {
  const now = selected(stage);
  (isNode(stage, thing) ? now.nodes : now.groups).delete(thing.key);
  stage.intents.select(now.nodes, now.groups);
}
