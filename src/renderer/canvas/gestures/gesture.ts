import type { Box } from '../geometry.ts';
import type { PortPlace, Scene } from '../scene.ts';
import type { StudioCanvas } from '../studio-canvas.ts';
import type { ViewLink } from '../view-objects.ts';

/** A point in graph units, with the keys held there. */
export interface PointerPlace {
  readonly x: number;
  readonly y: number;
  /** CSS pixels from the window's top left corner. */
  readonly clientX: number;
  readonly clientY: number;
  readonly shift: boolean;
  readonly control: boolean;
  readonly alt: boolean;
}

/** An end of a link, by name. */
export interface PortName { readonly node: string; readonly port: string }

/** A link by its two ends. */
export interface LinkName { readonly from: PortName; readonly to: PortName }

/** Sentences by node and port. */
export type PortReasons = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** What gestures ask of the model; nothing on the canvas changes the model any other way. */
export interface CanvasIntents {
  select(nodes: Iterable<string>, groups: Iterable<string>): void;
  /** Moves by graph units; nodes that stand in a moved group are named too. */
  move(nodes: readonly string[], groups: readonly string[], dx: number, dy: number): void;
  resizeNode(node: string, size: readonly [number, number]): void;
  resizeGroup(group: string, box: Box): void;
  /** Makes copies where the originals stand, selects them, and answers their ids in the same order. */
  duplicate(nodes: readonly string[]): readonly string[];
  /** Links two ports; `instead` is the link that was picked up and goes. */
  connect(link: LinkName, instead: LinkName | undefined): void;
  disconnect(link: LinkName): void;
  /** Leads a link through points, from its output on. */
  reroute(link: LinkName, points: readonly (readonly [number, number])[]): void;
  /** Why a link from this port can't end at each port of the other side, in sentences; ports that it fits are left out. */
  reasonsAgainst(from: PortName, side: 'input' | 'output'): PortReasons;
  /** A link was dropped on nothing: offer what fits. */
  dropLink(from: PortName, side: 'input' | 'output', at: PointerPlace, instead: LinkName | undefined): void;
  openPalette(at: PointerPlace): void;
  openMenu(what: MenuSubject, at: PointerPlace): void;
  openParam(node: string, param: string): void;
  openPicture(node: string): void;
  openNode(node: string): void;
  rename(subject: { readonly node: string } | { readonly group: string }): void;
  toggleCollapsed(node: string): void;
  /** Shows a line of text at the pointer; undefined hides it. */
  tell(text: string | undefined, at: PointerPlace): void;
}

/** What a context menu is about. */
export type MenuSubject =
  | { readonly kind: 'canvas' }
  | { readonly kind: 'node'; readonly node: string }
  | { readonly kind: 'port'; readonly node: string; readonly side: 'input' | 'output'; readonly port: string }
  | { readonly kind: 'link'; readonly link: LinkName; readonly points: readonly (readonly [number, number])[] }
  | { readonly kind: 'group'; readonly group: string };

/** What gestures work with. */
export interface Stage {
  readonly scene: Scene;
  readonly canvas: StudioCanvas;
  readonly intents: CanvasIntents;
}

/** Something that lasts from a press to its release. */
export interface Gesture {
  readonly cursor?: string;
  move(at: PointerPlace): void;
  /** The button was released. `moved`: the pointer went further than a click allows. */
  end(at: PointerPlace, moved: boolean): void;
  /** Escape, or the pointer was lost: as if it had never begun. */
  cancel(): void;
}

/** A link by the names of its ends. */
export function nameOfLink({ from, output, to, input }: ViewLink): LinkName {
  return { from: { node: from.key, port: output }, to: { node: to.key, port: input } };
}

/** The names of a link between a port and another, whichever side it was dragged from. */
export function linkBetween(a: PortPlace, b: PortPlace): LinkName {
  const [output, input] = a.side === 'output' ? [a, b] : [b, a];
  return { from: { node: output.node.key, port: output.port }, to: { node: input.node.key, port: input.port } };
}
