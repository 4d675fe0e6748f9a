import type { LinkName } from '../canvas/gestures/gesture.ts';
import type { GraphView } from '../graph/index.ts';

/** The place of a link among those of its input; undefined when it is gone. */
export function linkAt(view: GraphView, { from, to }: LinkName): number | undefined {
  return view.into(to.node).find((link) => link.to.port === to.port && link.from.node === from.node && link.from.port === from.port)?.index;
}
