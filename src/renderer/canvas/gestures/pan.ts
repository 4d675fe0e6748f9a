import type { Gesture, PointerPlace, Stage } from './gesture.ts';

/** Drags the canvas itself. A press without a move on nothing deselects. */
export function pan({ canvas, intents }: Stage, start: PointerPlace, deselect: boolean): Gesture {
  let last = start;
  return {
    cursor: 'grabbing',
    move(at) {
      canvas.ds.mouseDrag(at.clientX - last.clientX, at.clientY - last.clientY);
      last = at;
      canvas.requestDraw();
    },
    end(_at, moved) {
      if (!moved && deselect) intents.select([], []);
    },
    cancel() {},
  };
}
