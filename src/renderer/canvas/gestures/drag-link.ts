import { hitTest } from '../hit-test.ts';
import type { PortPlace } from '../scene.ts';
import type { ViewNode } from '../view-objects.ts';
import { linkBetween, type Gesture, type LinkName, type PointerPlace, type PortReasons, type Stage } from './gesture.ts';

/** Drags a link from a port; from an input that has one link, that link is picked up. Ports it doesn't fit are greyed, and say why. */
export function dragLink(stage: Stage, start: PointerPlace, pressed: PortPlace): Gesture {
  const { scene, canvas, intents } = stage;
  const picked = pressed.side === 'input' ? scene.linksInto(pressed.node.key, pressed.port).at(-1) : undefined;
  const from: PortPlace = picked ? { node: picked.from, side: 'output', port: picked.output } : pressed;
  const instead: LinkName | undefined = picked && { from: { node: picked.from.key, port: picked.output }, to: { node: picked.to.key, port: picked.input } };
  let reasons: PortReasons | undefined;
  const reasonAgainst = (place: PortPlace): string | undefined => {
    reasons ??= intents.reasonsAgainst({ node: from.node.key, port: from.port }, from.side);
    return reasons.get(place.node.key)?.get(place.port);
  };
  const fits = (node: ViewNode, side: 'input' | 'output', port: string): boolean | undefined => (side === from.side ? undefined : reasonAgainst({ node, side, port }) === undefined);
  const stop = (at: PointerPlace): void => {
    canvas.gesture.loose = undefined;
    canvas.gesture.fits = undefined;
    for (const node of scene.nodes.values()) node.dimmed = false;
    intents.tell(undefined, at);
    canvas.requestDraw();
  };
  return {
    cursor: 'crosshair',
    move(at) {
      canvas.gesture.fits ??= fits;
      const target = targetAt(stage, from, at, fits);
      canvas.gesture.loose = { from, at: target?.fits === true ? target.place.node.portPosition(target.place.side, target.place.port) : [at.x, at.y] };
      dimOthers(stage, from, fits);
      intents.tell(target && !target.fits ? reasonAgainst(target.place) : undefined, at);
      canvas.requestDraw();
    },
    end(at, moved) {
      const target = targetAt(stage, from, at, fits);
      stop(at);
      if (!moved) return;
      if (target?.fits === true) {
        const link = linkBetween(from, target.place);
        if (!instead || !sameLink(link, instead)) intents.connect(link, instead);
      } else if (!target && hitTest(scene, at.x, at.y, canvas.ds.scale).kind !== 'node') {
        if (instead) intents.disconnect(instead);
        else intents.dropLink({ node: from.node.key, port: from.port }, from.side, at, instead);
      }
    },
    cancel() {
      stop(start);
    },
  };
}

interface Target { readonly place: PortPlace; readonly fits: boolean }

/** The port under the pointer; over a node's body, its first port that fits. */
function targetAt({ scene, canvas }: Stage, from: PortPlace, at: PointerPlace, fits: (node: ViewNode, side: 'input' | 'output', port: string) => boolean | undefined): Target | undefined {
  const hit = hitTest(scene, at.x, at.y, canvas.ds.scale);
  if (hit.kind === 'port' && hit.place.side !== from.side && hit.place.node !== from.node) return { place: hit.place, fits: fits(hit.place.node, hit.place.side, hit.place.port) === true };
  if ((hit.kind !== 'node' && hit.kind !== 'param') || hit.node === from.node) return undefined;
  const side = from.side === 'output' ? 'input' : 'output';
  const rows = side === 'input' ? hit.node.layout.inputs : hit.node.layout.outputs;
  const fitting = rows.filter(({ port }) => fits(hit.node, side, port.name) === true);
  const free = fitting.find(({ port }) => port.many || !scene.isLinked(hit.node, side, port.name)) ?? fitting[0];
  if (free) return { place: { node: hit.node, side, port: free.port.name }, fits: true };
  const first = rows[0];
  return first && { place: { node: hit.node, side, port: first.port.name }, fits: false };
}

function dimOthers({ scene }: Stage, from: PortPlace, fits: (node: ViewNode, side: 'input' | 'output', port: string) => boolean | undefined): void {
  for (const node of scene.nodes.values()) {
    if (node === from.node) continue;
    const rows = from.side === 'output' ? node.layout.inputs : node.layout.outputs;
    node.dimmed = !rows.some(({ port }) => fits(node, from.side === 'output' ? 'input' : 'output', port.name) === true);
  }
}

function sameLink(a: LinkName, b: LinkName): boolean {
  return a.from.node === b.from.node && a.from.port === b.from.port && a.to.node === b.to.node && a.to.port === b.to.port;
}
