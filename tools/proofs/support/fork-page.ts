import * as library from '@comfyorg/litegraph';
import type { GraphFile } from '../../../src/contract/graph-file.ts';

/** What is used of a node of the fork. */
interface LGraphNode {
  pos: [number, number];
  addInput(name: string, type: string): unknown;
  addOutput(name: string, type: string): unknown;
  addWidget(kind: string, name: string, value: number, changed: () => undefined): unknown;
  connect(slot: number, target: LGraphNode, input: number): unknown;
  findInputSlot(name: string): number;
}

interface LGraph { add(node: LGraphNode): unknown }

interface Canvas { draw: (...args: unknown[]) => void; readonly dirty_canvas: boolean; readonly dirty_bgcanvas: boolean }

/** What is used of the fork. Its own type files name each other without endings, which this project's way of finding modules doesn't follow. */
interface Fork {
  readonly LGraph: new () => LGraph;
  readonly LGraphCanvas: new (element: HTMLCanvasElement, graph: LGraph) => Canvas;
  readonly LGraphNode: new (title: string) => LGraphNode;
  readonly LiteGraph: { MAX_NUMBER_OF_NODES: number };
}
const fork = library as unknown as Fork;

/** The same scene in ComfyUI's fork of litegraph, with its own defaults; runs in the page. */
interface ForkPage { forkCanvas?: Canvas; forkTimes?: number[]; showFork?: (graph: GraphFile) => void }

const SLOTS: Readonly<Record<string, { readonly inputs: readonly string[]; readonly outputs: readonly string[]; readonly widgets: number }>> = {
  EmptyLatent: { inputs: ['backbone'], outputs: ['latents'], widgets: 3 },
  Sample: { inputs: ['backbone', 'positive', 'negative', 'latents'], outputs: ['latents'], widgets: 4 },
  VAEDecode: { inputs: ['vae', 'latents'], outputs: ['image'], widgets: 0 },
  SaveImage: { inputs: ['image'], outputs: [], widgets: 6 },
};

function addNode(graph: LGraph, type: string, position: readonly [number, number]): LGraphNode {
  const node = new fork.LGraphNode(type);
  const slots = SLOTS[type] ?? { inputs: [], outputs: [], widgets: 0 };
  for (const name of slots.inputs) node.addInput(name, '*');
  for (const name of slots.outputs) node.addOutput(name, '*');
  for (let index = 0; index < slots.widgets; index++) node.addWidget('number', `param ${index}`, index, () => undefined);
  node.pos = [position[0], position[1]];
  graph.add(node);
  return node;
}

/** Puts the scene on a canvas that fills the page, and measures every draw. */
function showFork(file: GraphFile): void {
  fork.LiteGraph.MAX_NUMBER_OF_NODES = 1_000_000;
  const element = document.createElement('canvas');
  [element.width, element.height] = [window.innerWidth, window.innerHeight];
  document.body.append(element);
  const graph = new fork.LGraph();
  const nodes = new Map(Object.entries(file.nodes).map(([id, node]) => [id, addNode(graph, node.type, node.ui?.['position'] as [number, number])]));
  for (const [id, node] of Object.entries(file.nodes)) {
    for (const [input, link] of Object.entries(node.inputs)) {
      const target = nodes.get(id);
      if (target && !Array.isArray(link)) nodes.get(link.node)?.connect(0, target, target.findInputSlot(input));
    }
  }
  const canvas = new fork.LGraphCanvas(element, graph);
  const times: number[] = [];
  const draw = canvas.draw.bind(canvas);
  canvas.draw = (...args) => {
    const busy = canvas.dirty_canvas || canvas.dirty_bgcanvas;
    const started = performance.now();
    draw(...args);
    if (busy) times.push(performance.now() - started);
  };
  Object.assign(globalThis as ForkPage, { forkCanvas: canvas, forkTimes: times });
}

(globalThis as ForkPage).showFork = showFork;
