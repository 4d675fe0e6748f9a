import { describe, expect, test } from 'vitest';
import { add, matMul, mul } from '../../../../src/main/core/ops/functions.ts';
import { newGraph } from '../../../../src/main/core/ops/registry.ts';

describe('names', () => {
  test('scopes are joined with dots and left again when the body throws', () => {
    const builder = newGraph('g');
    const x = builder.input('x', 'float32', [2]);
    const inner = builder.scope('down_blocks.0', () => builder.scope('resnets.1', () => add(builder, x, x)));
    expect(inner.name).toBe('down_blocks.0.resnets.1.Add:out');
    expect(() => builder.scope('a', () => { throw new Error('stop'); })).toThrow('stop');
    expect(add(builder, x, x).name).toBe('Add:out');
  });

  test('namesakes get a number, and a number that is taken is skipped', () => {
    const builder = newGraph('g');
    const x = builder.input('x', 'float32', [2]);
    builder.op('Add', [x, x], {}, { name: 'sum_1' });
    const names = [0, 1, 2].map(() => builder.op('Add', [x, x], {}, { name: 'sum' }).producer?.name);
    expect(names).toEqual(['sum', 'sum_2', 'sum_3']);
  });

  test('generated scopes replace the open ones', () => {
    const builder = newGraph('g');
    const x = builder.input('x', 'float32', [2]);
    const value = builder.scope('outer', () => builder.generatedScope('conv_Grad/', () => add(builder, x, x)));
    expect(value.name).toBe('conv_Grad/Add:out');
  });

  test('inputs and outputs must have names of their own', () => {
    const builder = newGraph('g');
    const x = builder.input('x', 'float32', [2]);
    expect(() => builder.input('x', 'float32', [2])).toThrow('Graph "g": input "x" must be unique');
    builder.output('y', add(builder, x, x));
    expect(() => builder.output('y', x)).toThrow('output "y" must be unique');
    expect(() => builder.output('x', add(builder, x, x))).toThrow('output "x" must be unique');
  });

  test('an input may be an output under its own name', () => {
    const builder = newGraph('g');
    const x = builder.input('x', 'float32', [2]);
    builder.output('x', x);
    expect(builder.build().outputs).toEqual([{ name: 'x', value: x }]);
  });

  test('only computed values can be renamed', () => {
    const builder = newGraph('g');
    const x = builder.input('x', 'float32', [2]);
    const y = add(builder, x, x);
    builder.rename(y, 'x');
    expect(y.name).toBe('x_1');
    expect(() => builder.rename(x, 'z')).toThrow('only the output of a node can be renamed');
  });
});

describe('constants', () => {
  test('equal scalars and vectors share one initializer, per type', () => {
    const builder = newGraph('g');
    expect(builder.scalar(0.5)).toBe(builder.scalar(0.5));
    expect(builder.scalar(0.5, 'float64')).not.toBe(builder.scalar(0.5));
    expect(builder.scalar(-0)).not.toBe(builder.scalar(0));
    expect(builder.integers([1, 2])).toBe(builder.integers([1, 2]));
    expect(builder.filled(1, [2, 3])).not.toBe(builder.filled(1, [6]));
    expect(builder.build().initializers).toHaveLength(7);
  });

  test('data must fit the shape', () => {
    expect(() => newGraph('g').constant(new Float32Array(5), 'float32', [2, 3], 'w')).toThrow('Graph "g" constant "w": data must have 6 elements, got 5');
  });
});

describe('nodes', () => {
  test('are checked when they are added', () => {
    const builder = newGraph('g');
    const x = builder.input('x', 'float32', [2, 3]);
    expect(() => builder.scope('block', () => matMul(builder, x, x))).toThrow('MatMul "block.MatMul": inputs must be [..., M, K] and [..., K, N], got [2, 3] and [2, 3]');
    expect(() => builder.op('Add', [x])).toThrow('Add "Add": must have 2..2 inputs, got 1');
    expect(() => builder.op('Nope', [x])).toThrow('Op "Nope" (domain "ai.onnx"): no record for opset 21; known versions: none');
  });

  test('a graph that was built does not change any more', () => {
    const builder = newGraph('g');
    const x = builder.input('x', 'float32', [2]);
    const before = builder.build();
    builder.output('y', mul(builder, x, x));
    expect(before.nodes).toEqual([]);
    expect(before.outputs).toEqual([]);
  });
});
