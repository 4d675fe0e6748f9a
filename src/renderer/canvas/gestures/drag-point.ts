import type { ViewLink } from '../view-objects.ts';
import { nameOfLink, type Gesture, type Stage } from './gesture.ts';

/** Moves a way point of a link. */
export function dragPoint({ canvas, intents }: Stage, link: ViewLink, index: number): Gesture {
  const before = link.points;
  const show = (points: ViewLink['points']): void => {
    link.points = points;
    canvas.requestDraw();
  };
  const at = (x: number, y: number): ViewLink['points'] => before.map((point, place) => (place === index ? [Math.round(x), Math.round(y)] : point));
  return {
    cursor: 'grabbing',
    move: ({ x, y }) => show(at(x, y)),
    end({ x, y }, moved) {
      show(before);
      if (moved) intents.reroute(nameOfLink(link), at(x, y));
    },
    cancel: () => show(before),
  };
}
