import { boxOf, overlaps } from '../geometry.ts';
import type { Gesture, PointerPlace, Stage } from './gesture.ts';

/** Selects what a frame touches; with Shift or Control it is added to what was selected. */
export function marquee({ scene, canvas, intents }: Stage, start: PointerPlace): Gesture {
  const keep = start.shift || start.control;
  const before = {
    nodes: keep ? [...scene.nodes.values()].filter((node) => node.selected).map((node) => node.key) : [],
    groups: keep ? [...scene.groups.values()].filter((group) => group.selected).map((group) => group.key) : [],
  };
  const stop = (): void => {
    canvas.gesture.marquee = undefined;
    canvas.requestDraw();
  };
  return {
    cursor: 'crosshair',
    move(at) {
      const box = boxOf([start.x, start.y], [at.x, at.y]);
      canvas.gesture.marquee = box;
      const touched = [...scene.nodes.values()].filter((node) => overlaps(node.box, box)).map((node) => node.key);
      // Groups lie behind everything: only one that is wholly in the frame is meant.
      const framed = [...scene.groups.values()].filter(({ box: own }) => own.x >= box.x && own.y >= box.y && own.x + own.width <= box.x + box.width && own.y + own.height <= box.y + box.height);
      intents.select(new Set([...before.nodes, ...touched]), new Set([...before.groups, ...framed.map((group) => group.key)]));
      canvas.requestDraw();
    },
    end(_at, moved) {
      if (!moved && !keep) intents.select([], []);
      stop();
    },
    cancel() {
      intents.select(before.nodes, before.groups);
      stop();
    },
  };
}
