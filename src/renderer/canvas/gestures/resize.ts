import { MIN_WIDTH, type Box } from '../geometry.ts';
import type { ViewGroup, ViewNode } from '../view-objects.ts';
import type { Gesture, PointerPlace, Stage } from './gesture.ts';

const SMALLEST_GROUP = 60;

/** Drags a node's corner. */
export function resizeNode({ canvas, intents }: Stage, start: PointerPlace, node: ViewNode): Gesture {
  const { width, height } = node.layout;
  const sizeAt = (at: PointerPlace): [number, number] => [
    Math.round(Math.max(MIN_WIDTH, width + at.x - start.x)), Math.round(Math.max(node.layout.content, height + at.y - start.y)),
  ];
  const back = (): void => {
    node.drag(undefined);
    canvas.requestDraw();
  };
  return {
    cursor: 'nwse-resize',
    move(at) {
      node.drag(undefined, sizeAt(at));
      canvas.requestDraw();
    },
    end(at, moved) {
      const size = sizeAt(at);
      back();
      if (moved) intents.resizeNode(node.key, size);
    },
    cancel: back,
  };
}

/** Drags a group's corner. */
export function resizeGroup({ canvas, intents }: Stage, start: PointerPlace, group: ViewGroup): Gesture {
  const { box } = group;
  const boxAt = (at: PointerPlace): Box => ({
    ...box, width: Math.round(Math.max(SMALLEST_GROUP, box.width + at.x - start.x)), height: Math.round(Math.max(SMALLEST_GROUP, box.height + at.y - start.y)),
  });
  const show = (shown: Box): void => {
    group.show(group.title, group.color === '' ? undefined : group.color, shown);
    canvas.requestDraw();
  };
  return {
    cursor: 'nwse-resize',
    move: (at) => show(boxAt(at)),
    end(at, moved) {
      const wanted = boxAt(at);
      show(box);
      if (moved) intents.resizeGroup(group.key, wanted);
    },
    cancel: () => show(box),
  };
}
