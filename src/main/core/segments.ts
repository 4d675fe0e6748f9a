import { copySegment, cutGraph, type Segment } from './ir/cut.ts';
import type { GraphBuilder } from './ir/builder.ts';
import type { Graph, Value } from './ir/types.ts';
import { dependents, pullback } from './autodiff/gradients.ts';
import { add } from './ops/functions.ts';
import { newGraph } from './ops/registry.ts';
import type { PartRequest, SessionRequest } from './session.ts';

/** The request with its graph cut into so many parts, each with a session of its own; the request itself for one. */
export function inSegments(request: SessionRequest, segments: number): SessionRequest {
  return segments <= 1 ? request : { ...request, parts: () => forwardParts(request, segments) };
}

function forwardParts({ key, build }: SessionRequest, count: number): PartRequest[] {
  const segments = cutGraph(build(), count);
  return segments.map((segment, index) => forwardPart(partKey(key, 'part', index, segments.length), segment));
}

function forwardPart(key: string, segment: Segment): PartRequest {
  return {
    key,
    inputs: segment.inputs.map(({ name }) => name),
    outputs: [...segment.passedOn.map(({ name }) => name as string), ...segment.results.map(({ name }) => name)],
    build: () => {
      const copy = copySegment(key, segment);
      for (const value of segment.passedOn) copy.builder.output(value.name, copy.copyOf(value));
      for (const { name, value } of segment.results) copy.builder.output(name, copy.copyOf(value));
      return copy.builder.build();
    },
  };
}

/** A forward graph with a scalar loss, and the graph inputs whose gradient is wanted under a name. */
export interface DifferentiatedGraph {
  readonly graph: Graph;
  readonly loss: Value;
  readonly targets: readonly { readonly name: string; readonly value: Value }[];
}

/**
 * Forward and backward pass of a graph in parts: every segment's forward pass in order, then from the last to the first each segment once more together with its
 * backward pass. So what lies between the borders is computed twice and never kept (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost").
 */
export function gradientParts(key: string, { graph, loss, targets }: DifferentiatedGraph, count: number): PartRequest[] {
  const segments = cutGraph(graph, count);
  const builder = newGraph('dependents');
  const wanted = dependents(builder, graph.nodes, targets.map(({ value }) => value));
  const last = segments.length - 1;
  const forward = segments.slice(0, last).map((segment, index) => forwardPart(partKey(key, 'part', index, segments.length), segment));
  const flow = new GradientFlow(segments, targets, wanted, leadingTo(graph, loss));
  const backward = segments.map((_, place) => last - place).map((index) => flow.part(partKey(key, 'back', index, segments.length), index, index === last ? loss : undefined));
  // A segment that no target leads through has nothing to compute again.
  return [...forward, ...backward.filter(({ outputs }) => outputs.length > 0)];
}

function partKey(key: string, kind: string, index: number, count: number): string {
  return `${key} ${kind} ${index + 1} of ${count}`;
}

/** The values that a value is computed from, itself included. */
function leadingTo(graph: Graph, end: Value): ReadonlySet<Value> {
  const leading = new Set([end]);
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => leading.has(output))) continue;
    for (const input of node.inputs) if (input !== undefined) leading.add(input);
  }
  return leading;
}

/** Which gradients have been made so far, and under which names they pass from part to part. */
class GradientFlow {
  /** Name of the gradient that has flowed into a value from the parts so far. */
  private readonly known = new Map<Value, string>();

  /**
   * @param wanted Values that depend on a target.
   * @param leading Values that the loss depends on.
   */
  constructor(private readonly segments: readonly Segment[], private readonly targets: DifferentiatedGraph['targets'], private readonly wanted: ReadonlySet<Value>, private readonly leading: ReadonlySet<Value>) {}

  /** One segment forward and backward. The first of them, the graph's last segment, also gives the loss and the graph's other outputs. */
  part(key: string, index: number, loss: Value | undefined): PartRequest {
    const segment = this.segments[index]!;
    const seeds = segment.passedOn.filter((value) => this.known.has(value)).map((value) => ({ value, name: this.known.get(value)! }));
    const sources = segment.inputs.filter((value) => this.wanted.has(value));
    const steps = sources.map((value) => ({ value, before: this.known.get(value), after: this.nameOf(value, index) }));
    const made = this.reached(segment, sources, loss === undefined ? seeds.map(({ value }) => value) : [loss]);
    const kept = steps.filter(({ value }) => made.has(value));
    for (const { value, after } of kept) this.known.set(value, after);
    const results = loss === undefined ? [] : segment.results;
    const befores = kept.flatMap(({ before }) => (before === undefined ? [] : [before]));
    return {
      key,
      inputs: [...segment.inputs.map(({ name }) => name), ...seeds.map(({ name }) => name), ...befores],
      outputs: [...results.map(({ name }) => name), ...kept.map(({ after }) => after)],
      build: () => {
        const copy = copySegment(key, segment);
        const { builder } = copy;
        for (const { name, value } of results) builder.output(name, copy.copyOf(value));
        const start = loss === undefined
          ? seeds.map(({ value, name }) => ({ value: copy.copyOf(value), gradient: gradientInput(builder, name, value) }))
          : [{ value: copy.copyOf(loss), gradient: builder.scalar(1) }];
        const found = pullback(builder, start, kept.map(({ value }) => copy.copyOf(value)));
        kept.forEach(({ value, before, after }, place) => {
          const gradient = found[place]!;
          builder.output(after, before === undefined ? gradient : add(builder, gradient, gradientInput(builder, before, value)));
        });
        return builder.build();
      },
    };
  }

  /** Which sources lead to a place that a gradient starts from, within the segment. */
  private reached(segment: Segment, sources: readonly Value[], ends: readonly Value[]): ReadonlySet<Value> {
    const builder = newGraph('reach');
    const leads = (source: Value): boolean => {
      const found = dependents(builder, segment.nodes, [source]);
      return ends.some((end) => found.has(end));
    };
    return new Set(sources.filter(leads));
  }

  /** The name of the sum of what has flowed into a value once a segment is done: that of the target's gradient when nothing flows into the target from an earlier segment. */
  private nameOf(value: Value, index: number): string {
    const target = this.targets.find((candidate) => candidate.value === value);
    if (target === undefined) return `${value.name}_grad@${index}`;
    const flowsEarlier = this.segments.slice(0, index).some((segment) => segment.inputs.includes(value) && this.reached(segment, [value], segment.passedOn.filter((border) => this.leading.has(border))).size > 0);
    return flowsEarlier ? `${target.name}@${index}` : target.name;
  }
}

function gradientInput(builder: GraphBuilder, name: string, value: Value): Value {
  return builder.input(name, value.type.dtype, value.type.shape);
}
