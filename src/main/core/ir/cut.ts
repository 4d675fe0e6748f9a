import { opRegistry } from '../ops/registry.ts';
import { GraphBuilder } from './builder.ts';
import { DATA_TYPE_BYTES } from './data-types.ts';
import { elementCount } from './tensor.ts';
import type { Graph, Node, Value } from './types.ts';

/** Consecutive nodes of a graph, and what passes between them and the rest. */
export interface Segment {
  readonly nodes: readonly Node[];
  /** Graph inputs and values of earlier segments that its nodes read. */
  readonly inputs: readonly Value[];
  /** Its values that later segments read. */
  readonly passedOn: readonly Value[];
  /** Outputs of the graph that it makes. */
  readonly results: Graph['outputs'];
}

/**
 * Cuts a graph where it says that it may be (`Graph.cuts`), into parts whose weights are as nearly equal as the places allow.
 * @param count Wanted number of segments; fewer come back when there are not so many places.
 */
export function cutGraph(graph: Graph, count: number): Segment[] {
  const edges = [0, ...chooseCuts(graph, count), graph.nodes.length];
  const segmentOf = new Map<Value, number>();
  const ranges = edges.slice(1).map((end, index) => graph.nodes.slice(edges[index], end));
  ranges.forEach((nodes, index) => { for (const node of nodes) for (const output of node.outputs) segmentOf.set(output, index); });
  const inputs = ranges.map((nodes, index) => {
    const read = new Set(nodes.flatMap((node) => node.inputs.filter((input): input is Value => input !== undefined && input.initializer === undefined)));
    return [...read].filter((value) => segmentOf.get(value) !== index);
  });
  return ranges.map((nodes, index) => {
    const readLater = new Set(inputs.slice(index + 1).flat());
    const results = graph.outputs.filter(({ value }) => segmentOf.get(value) === index);
    return { nodes, inputs: inputs[index]!, passedOn: nodes.flatMap((node) => node.outputs).filter((value) => readLater.has(value)), results };
  });
}

/** Positions between nodes, rising, that split the bytes of weights evenly. */
function chooseCuts({ nodes, cuts = [] }: Graph, count: number): number[] {
  const seen = new Set<Value>();
  let total = 0;
  const before = nodes.map((node) => {
    const bytes = total;
    for (const input of node.inputs) {
      if (input?.initializer === undefined || seen.has(input)) continue;
      seen.add(input);
      total += elementCount(input.type.shape) * DATA_TYPE_BYTES[input.type.dtype];
    }
    return bytes;
  });
  const places = [...new Set(cuts)].filter((place) => place > 0 && place < nodes.length).sort((a, b) => a - b);
  const chosen: number[] = [];
  const wanted = Math.min(count, places.length + 1);
  for (let index = 1; index < wanted; index += 1) {
    const target = (total * index) / wanted;
    // Enough places must be left for the cuts to come.
    const open = places.filter((place, rank) => place > (chosen.at(-1) ?? 0) && rank < places.length - (wanted - 1 - index));
    const [nearest] = open.toSorted((a, b) => Math.abs(before[a]! - target) - Math.abs(before[b]! - target));
    chosen.push(nearest!);
  }
  return chosen;
}

/** A copy of a segment inside a graph of its own, whose graph inputs have the names of the values that they stand for. */
export interface SegmentCopy {
  readonly builder: GraphBuilder;
  /** The copy of one of the segment's inputs or values. */
  readonly copyOf: (value: Value) => Value;
}

/** Builds the nodes of a segment again, so that outputs and more nodes can be added. */
export function copySegment(name: string, segment: Segment): SegmentCopy {
  const builder = new GraphBuilder(name, opRegistry);
  const copies = new Map<Value, Value>(segment.inputs.map((value) => [value, builder.input(value.name, value.type.dtype, value.type.shape)]));
  for (const node of segment.nodes) {
    for (const input of node.inputs) if (input?.initializer !== undefined && !copies.has(input)) copies.set(input, builder.copyInitializer(input));
  }
  for (const node of segment.nodes) {
    const outputs = builder.copyNode(node, node.inputs.map((input) => (input === undefined ? undefined : copies.get(input)!)));
    node.outputs.forEach((output, index) => { copies.set(output, outputs[index]!); });
  }
  return { builder, copyOf: (value) => copies.get(value)! };
}
