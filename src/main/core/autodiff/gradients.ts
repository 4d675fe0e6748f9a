import { internalError } from '../../../contract/errors.ts';
import type { GraphBuilder } from '../ir/builder.ts';
import { isDifferentiable } from '../ir/data-types.ts';
import type { Node, Value } from '../ir/types.ts';
import { add, scalarLike, sumToShape, zerosLike } from '../ops/functions.ts';
import { broadcastShapes, printShape, sameShape } from '../ops/infer.ts';
import type { OpDefinition, VjpContext } from '../ops/op.ts';

/**
 * Adds the backward pass of a scalar loss (shape []) to a graph under construction: reverse-mode differentiation, one rule per op.
 * Returns d loss / d target for every target, of the target's shape and element type. Only nodes between a target and the loss get
 * a backward part, and of those only the inputs that lead to a target. Nodes are named `<node>_Grad/<step>`, gradients `<tensor>_grad`.
 * @throws AppError that names op and node when a rule is missing or returns a wrong shape or element type, and that names a target
 * which the loss doesn't depend on.
 */
export function gradients(builder: GraphBuilder, loss: Value, targets: readonly Value[]): Value[] {
  if (loss.type.shape.length !== 0 || !isDifferentiable(loss.type.dtype)) {
    throw internalError('autodiff.loss', `Loss "${loss.name}"`, 'must be a floating-point scalar of shape []', { got: `${loss.type.dtype}${printShape(loss.type.shape)}` });
  }
  for (const target of targets) {
    if (!isDifferentiable(target.type.dtype)) throw internalError('autodiff.target', `Target "${target.name}"`, 'must be floating-point', { got: target.type.dtype });
  }
  return pullback(builder, [{ value: loss, gradient: scalarLike(builder, loss, 1) }], targets).map((gradient, index) => {
    if (gradient === undefined) throw internalError('autodiff.unreachable', `Target "${targets[index]!.name}"`, `must lead to the loss "${loss.name}" through differentiable ops`);
    return gradient;
  });
}

/**
 * As {@link gradients}, from gradients that flow into several values at once (a vector-Jacobian product): the backward pass of a part of a graph.
 * @returns per target its gradient; undefined for a target that leads to none of the values.
 */
export function pullback(builder: GraphBuilder, seeds: readonly { readonly value: Value; readonly gradient: Value }[], targets: readonly Value[]): (Value | undefined)[] {
  const { nodes } = builder.build();
  const pass = new BackwardPass(builder, dependents(builder, nodes, targets), new Set(nodes));
  for (const { value, gradient } of seeds) pass.start(value, gradient);
  for (const node of nodes.toReversed()) pass.visit(node);
  return targets.map((target) => pass.gradientOf(target));
}

/** All values that change with a target: the targets themselves and what is computed from them, but for ops that are constant in their inputs. */
export function dependents(builder: GraphBuilder, nodes: readonly Node[], targets: readonly Value[]): ReadonlySet<Value> {
  const found = new Set<Value>(targets);
  for (const node of nodes) {
    if (!node.inputs.some((input) => input !== undefined && found.has(input))) continue;
    if (definitionOf(builder, node).vjp === 'zero') continue;
    for (const output of node.outputs) if (isDifferentiable(output.type.dtype)) found.add(output);
  }
  return found;
}

/** The state of one backward pass: what has flowed into each value so far. */
class BackwardPass {
  /** Per value the gradients that its readers sent, not yet added up. */
  private readonly contributions = new Map<Value, Value[]>();
  /** Gradients that have their name already: one tensor can be the gradient of several (both inputs of an Add). */
  private readonly named = new Set<Value>();

  constructor(private readonly builder: GraphBuilder, private readonly wanted: ReadonlySet<Value>, private readonly forward: ReadonlySet<Node>) {}

  /** Lets a gradient flow into a value from outside. */
  start(value: Value, gradient: Value): void {
    if (this.wanted.has(value)) this.contributions.set(value, [...(this.contributions.get(value) ?? []), gradient]);
  }

  /** Sends gradients from a node's outputs to those of its inputs that lead to a target. */
  visit(node: Node): void {
    if (!node.outputs.some((output) => this.contributions.has(output))) return;
    const wanted = node.inputs.flatMap((input, index) => (input !== undefined && this.wanted.has(input) ? [index] : []));
    if (wanted.length === 0) return;
    const { vjp } = definitionOf(this.builder, node);
    if (typeof vjp !== 'function') throw missingRule(node, 'has no gradient rule');
    this.builder.generatedScope(`${node.name}_Grad/`, () => {
      const rules = vjp(this.context(node));
      for (const index of wanted) {
        const rule = rules[index];
        if (rule === undefined) throw missingRule(node, `has no gradient rule for input ${index}`);
        this.contribute(node, index, rule());
      }
    });
  }

  /** The sum of all that flowed into a value; undefined when nothing did. */
  gradientOf(value: Value): Value | undefined {
    const parts = this.contributions.get(value);
    if (parts === undefined) return undefined;
    const sum = parts.reduce((total, part) => this.builder.generatedScope(`${value.name}_Grad/`, () => add(this.builder, total, part)));
    if (sum.producer !== undefined && !this.forward.has(sum.producer) && !this.named.has(sum)) this.builder.rename(sum, `${value.name}_grad`);
    this.named.add(sum);
    this.contributions.set(value, [sum]);
    return sum;
  }

  private context(node: Node): VjpContext {
    const input = (index: number): Value => present(node.inputs[index], node, `input ${index}`);
    const output = (index: number): Value => present(node.outputs[index], node, `output ${index}`);
    const gradient = (index: number): Value => this.gradientOf(output(index)) ?? zerosLike(this.builder, output(index));
    return { builder: this.builder, node, input, output, gradient };
  }

  /** Checks one rule's result, undoes broadcasting and keeps it for the input. */
  private contribute(node: Node, index: number, gradient: Value): void {
    const input = present(node.inputs[index], node, `input ${index}`);
    const where = `Gradient rule of ${node.op} "${node.name}", input ${index}`;
    if (gradient.type.dtype !== input.type.dtype) {
      throw internalError('autodiff.data-type', where, `must return ${input.type.dtype}`, { got: gradient.type.dtype });
    }
    const broadcast = broadcastShapes(gradient.type.shape, input.type.shape);
    if (broadcast === undefined || !sameShape(broadcast, gradient.type.shape)) {
      throw internalError('autodiff.shape', where, `must return ${printShape(input.type.shape)} or a shape that it broadcasts to`, { got: printShape(gradient.type.shape) });
    }
    const summed = sumToShape(this.builder, gradient, input.type.shape);
    this.contributions.set(input, [...(this.contributions.get(input) ?? []), summed]);
  }
}

function definitionOf(builder: GraphBuilder, node: Node): OpDefinition {
  return builder.registry.find(node.domain, node.op, builder.opset);
}

function present(value: Value | undefined, node: Node, what: string): Value {
  if (value === undefined) throw internalError('autodiff.input', `${node.op} "${node.name}"`, `${what} was asked for by its gradient rule, but was left out`);
  return value;
}

function missingRule(node: Node, rule: string): Error {
  return internalError('autodiff.unsupported', `${node.op} "${node.name}"`, rule);
}
