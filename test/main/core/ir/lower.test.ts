import { describe, expect, test } from 'vitest';
import { gradients } from '../../../../src/main/core/autodiff/gradients.ts';
import { lowerGraph } from '../../../../src/main/core/ir/lower.ts';
import { pruneGraph } from '../../../../src/main/core/ir/prune.ts';
import type { Graph, Value } from '../../../../src/main/core/ir/types.ts';
import { verifyGraph } from '../../../../src/main/core/ir/verify.ts';
import { add, attention, exp, meanOfAll, mul } from '../../../../src/main/core/ops/functions.ts';
import { newGraph, opRegistry } from '../../../../src/main/core/ops/registry.ts';

const [TOKENS, WIDTH, HEADS] = [8, 6, 2];
const ROW_BYTES = HEADS * TOKENS * 4;

/** An attention and its gradients for the inputs at the given places (0 query, 1 key, 2 value). */
function attentionGraph(wanted: readonly number[]): Graph {
  const builder = newGraph('g');
  const inputs = ['q', 'k', 'v'].map((name) => builder.input(name, 'float32', [1, TOKENS, WIDTH])) as [Value, Value, Value];
  const loss = meanOfAll(builder, builder.scope('block', () => attention(builder, ...inputs, { heads: HEADS, scale: 1 })));
  gradients(builder, loss, wanted.map((index) => inputs[index] as Value)).forEach((value, index) => builder.output(`gradient${index}`, value));
  builder.output('loss', loss);
  return builder.build();
}

const count = (graph: Graph, op: string): number => graph.nodes.filter((node) => node.op === op).length;

describe('pruneGraph', () => {
  test('drops what no output needs and keeps the inputs', () => {
    const builder = newGraph('g');
    const [x, y] = [builder.input('x', 'float32', [2]), builder.input('y', 'float32', [2])];
    const dead = mul(builder, y, builder.scalar(3));
    add(builder, dead, dead);
    builder.output('z', exp(builder, x));
    const pruned = pruneGraph(builder.build());
    expect(pruned.nodes.map((node) => node.op)).toEqual(['Exp']);
    expect(pruned.initializers).toEqual([]);
    expect(pruned.inputs).toEqual([x, y]);
  });
});

describe('lowerGraph', () => {
  test('leaves a graph without composites as it is', () => {
    const builder = newGraph('g');
    const x = builder.input('x', 'float32', [2]);
    builder.output('y', builder.scope('a.b', () => mul(builder, x, builder.scalar(3))));
    const graph = builder.build();
    const lowered = lowerGraph(graph);
    const names = ({ nodes, inputs, initializers, outputs }: Graph): unknown => [nodes.map((node) => [node.name, node.op, node.outputs.map((value) => value.name)]), inputs.map((value) => value.name), initializers.map((value) => value.name), outputs.map((output) => [output.name, output.value.name])];
    expect(names(lowered)).toEqual(names(graph));
  });

  test('expands composites into named steps and valid graphs', () => {
    const lowered = lowerGraph(attentionGraph([0, 1, 2]));
    expect(lowered.nodes.filter((node) => node.domain !== '')).toEqual([]);
    expect(lowered.nodes.map((node) => node.name)).toContain('block.Attention/Softmax');
    expect(() => verifyGraph(lowered, opRegistry)).not.toThrow();
  });

  test('one chunk and no waiting when the scores are small', () => {
    const lowered = lowerGraph(attentionGraph([0, 1, 2]));
    expect(count(lowered, 'Softmax')).toBe(2);
    expect(count(lowered, 'Slice')).toBe(0);
  });

  test('as many chunks as the limit asks for, forward and backward', () => {
    const softmaxes = (attentionScoreBytes: number): number => count(lowerGraph(attentionGraph([0, 1, 2]), { attentionScoreBytes, attentionKeepBytes: 0 }), 'Softmax');
    expect(softmaxes(TOKENS * ROW_BYTES)).toBe(2 * 1);
    expect(softmaxes(TOKENS * ROW_BYTES - 1)).toBe(2 * 2);
    expect(softmaxes(3 * ROW_BYTES)).toBe(2 * 3);
    expect(softmaxes(1)).toBe(2 * TOKENS);
  });

  test('no chunk is larger than the limit', () => {
    const lowered = lowerGraph(attentionGraph([0, 1, 2]), { attentionScoreBytes: 3 * ROW_BYTES, attentionKeepBytes: 0 });
    const rows = lowered.nodes.filter((node) => node.op === 'Softmax').map((node) => node.outputs[0]?.type.shape[2]);
    expect(rows.slice(0, 3).reduce((sum: number, size) => sum + (size ?? 0), 0)).toBe(TOKENS);
    expect(Math.max(...rows.map((size) => size ?? 0))).toBeLessThanOrEqual(3);
  });

  test('every chunk waits for the one before: the last result depends on all earlier ones', () => {
    const lowered = lowerGraph(attentionGraph([0, 1, 2]), { attentionScoreBytes: ROW_BYTES, attentionKeepBytes: 0 });
    const backward = lowered.nodes.filter((node) => node.op === 'Softmax' && node.name.includes('Grad'));
    const before = (node: (typeof backward)[number]): Set<unknown> => {
      const seen = new Set<unknown>();
      const walk = (value: Value | undefined): void => {
        if (value?.producer === undefined || seen.has(value.producer)) return;
        seen.add(value.producer);
        value.producer.inputs.forEach(walk);
      };
      node.inputs.forEach(walk);
      return seen;
    };
    backward.forEach((node, index) => {
      const earlier = before(node);
      expect(backward.map((other) => earlier.has(other))).toEqual(backward.map((_, other) => other < index));
    });
  });

  test('builds only the gradients that something reads', () => {
    // Per chunk: scores, dO V^T; then dV^T, dK^T and dQ where wanted.
    const backwardProducts = (wanted: readonly number[]): number => lowerGraph(attentionGraph(wanted)).nodes.filter((node) => node.op === 'MatMul' && node.name.includes('Grad')).length;
    expect(backwardProducts([0, 1, 2])).toBe(5);
    expect(backwardProducts([0])).toBe(3);
    expect(backwardProducts([1])).toBe(3);
    expect(backwardProducts([2])).toBe(2);
  });
});
