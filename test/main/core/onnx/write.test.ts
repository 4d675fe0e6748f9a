import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../../../src/main/core/ir/builder.ts';
import { lowerGraph } from '../../../../src/main/core/ir/lower.ts';
import type { Graph, Value } from '../../../../src/main/core/ir/types.ts';
import { writeOnnx } from '../../../../src/main/core/onnx/write.ts';
import { add, attention, cast, conv, convTranspose, equal, expand, gather, gelu, mul, reshape, resizeNearest2x, split, where } from '../../../../src/main/core/ops/functions.ts';
import { defineOp, OpRegistry } from '../../../../src/main/core/ops/op.ts';
import { newGraph, opRegistry } from '../../../../src/main/core/ops/registry.ts';
import { runGraph } from '../../../support/run-graph.ts';

const folder = mkdtempSync(join(tmpdir(), 'write-onnx-'));
afterAll(() => rmSync(folder, { recursive: true }));

const write = (graph: Graph): Uint8Array => writeOnnx(lowerGraph(graph), { externalLocation: (file) => file });
const floats = (shape: readonly number[], ...values: number[]): { dtype: 'float32'; shape: readonly number[]; data: Float32Array } => ({ dtype: 'float32', shape, data: Float32Array.from(values) });

/** The fields of one message as the protobuf wire format has them: number -> raw values. */
function fieldsOf(bytes: Uint8Array): Map<number, (bigint | Uint8Array)[]> {
  const reader = new BinaryReader(bytes);
  const fields = new Map<number, (bigint | Uint8Array)[]>();
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    const value = type === WireType.LengthDelimited ? reader.bytes() : type === WireType.Varint ? BigInt(reader.int64()) : reader.skip(type);
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
}

const message = (fields: Map<number, (bigint | Uint8Array)[]>, number: number, index = 0): Map<number, (bigint | Uint8Array)[]> => fieldsOf(fields.get(number)?.[index] as Uint8Array);
const text = (fields: Map<number, (bigint | Uint8Array)[]>, number: number): string => new TextDecoder().decode(fields.get(number)?.[0] as Uint8Array);

/** A graph with every kind of attribute, constant and composite. */
function rich(): Graph {
  const builder = newGraph('rich');
  const x = builder.input('x', 'float32', [1, 2, 4, 4]);
  const weight = builder.constant(Float32Array.from({ length: 36 }, (_, index) => Math.sin(index)), 'float32', [2, 2, 3, 3], 'weight');
  const hidden = gelu(builder, convTranspose(builder, conv(builder, x, weight, undefined, { strides: [2, 2], pads: [1, 1, 1, 1] }), weight, undefined, { strides: [2, 2], pads: [1, 1, 1, 1], outputPadding: [1, 1] }), 'tanh');
  const sequence = reshape(builder, resizeNearest2x(builder, hidden), [1, 16, 8]);
  builder.output('y', attention(builder, sequence, sequence, sequence, { heads: 2, scale: 0.5 }));
  return builder.build();
}

describe('writeOnnx', () => {
  test('equal graphs give equal bytes', () => {
    expect(write(rich())).toEqual(write(rich()));
  });

  test('a different constant gives different bytes', () => {
    const graph = (factor: number): Graph => {
      const builder = newGraph('g');
      builder.output('y', mul(builder, builder.input('x', 'float32', []), builder.scalar(factor)));
      return builder.build();
    };
    expect(write(graph(2))).not.toEqual(write(graph(3)));
  });

  test('says IR version, opset, producer and shapes where ONNX wants them', () => {
    const model = fieldsOf(write(rich()));
    expect(model.get(1)).toEqual([10n]);
    expect(text(model, 2)).toBe('engram-studio');
    expect(message(model, 8).get(2)).toEqual([21n]);
    const graph = message(model, 7);
    expect(text(graph, 2)).toBe('rich');
    const tensorType = message(message(message(graph, 11), 2), 1);
    expect(tensorType.get(1)).toEqual([1n]);
    expect(message(tensorType, 2).get(1)?.map((dimension) => fieldsOf(dimension as Uint8Array).get(1)?.[0])).toEqual([1n, 2n, 4n, 4n]);
  });

  test('domains other than ai.onnx are imported, and their ops run', async () => {
    const quickGelu = defineOp({ ...opRegistry.find('', 'Identity', 21), name: 'QuickGelu', domain: 'com.microsoft', since: 1 });
    const builder = new GraphBuilder('g', new OpRegistry([...opRegistry.all(), quickGelu]));
    const x = builder.input('x', 'float32', [2]);
    builder.output('y', builder.op('com.microsoft::QuickGelu', [x], { alpha: { float: 1.702 } }));
    const bytes = writeOnnx(builder.build(), { externalLocation: (file) => file });
    const imported = message(fieldsOf(bytes), 8, 1);
    expect([text(imported, 1), imported.get(2)]).toEqual(['com.microsoft', [1n]]);
    const session = await InferenceSession.create(bytes);
    const results = await session.run({ x: new Tensor('float32', Float32Array.of(0, 1), [2]) });
    await session.release();
    const [zero, one] = results['y']?.data as Float32Array;
    expect(zero).toBe(0);
    // 1 / (1 + e^-1.702); seven digits of float32.
    expect(one).toBeCloseTo(0.8457958, 6);
  });

  test('composites must be lowered first', () => {
    expect(() => writeOnnx(rich(), { externalLocation: (file) => file })).toThrow('Graph "rich": composites must be lowered before the graph is written');
  });

  test('nothing is written that no output needs', () => {
    const builder = newGraph('g');
    const x = builder.input('x', 'float32', [2]);
    builder.output('y', mul(builder, x, x));
    const plain = write(builder.build());
    const more = newGraph('g');
    const z = more.input('x', 'float32', [2]);
    add(more, z, more.constant(Float32Array.of(1, 2), 'float32', [2], 'unused'));
    more.output('y', mul(more, z, z));
    expect(write(more.build())).toEqual(plain);
  });
});

describe('models that ONNX Runtime loads', () => {
  test('outputs that are inputs, initializers, or one value under several names', async () => {
    const builder = newGraph('g');
    const x = builder.input('x', 'float32', [2]);
    const y = mul(builder, x, builder.scalar(3));
    for (const [name, value] of [['x', x], ['same', x], ['first', y], ['second', y], ['constant', builder.filled(7, [1])]] as const) builder.output(name, value);
    builder.output('later', add(builder, y, x));
    const results = await runGraph(builder.build(), { x: floats([2], 1, 2) });
    expect(Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, Array.from(data as Float32Array)]))).toEqual({ x: [1, 2], same: [1, 2], first: [3, 6], second: [3, 6], constant: [7], later: [4, 8] });
  });

  test('every element type survives the way in and out', async () => {
    const builder = newGraph('g');
    const constants = [
      ['float64', Float64Array.of(0.1, -2)], ['float32', Float32Array.of(0.5, -2)], ['int64', BigInt64Array.of(-(2n ** 62n), 5n)], ['int32', Int32Array.of(-7, 2 ** 31 - 1)],
      ['int16', Int16Array.of(-7, 3)], ['int8', Int8Array.of(-7, 3)], ['uint8', Uint8Array.of(255, 3)],
    ] as const;
    for (const [dtype, data] of constants) builder.output(dtype, expand(builder, builder.constant(data, dtype, [1, 2]), [2, 2]));
    // 1.5 as float16 and as bfloat16, seen after a cast.
    builder.output('float16', cast(builder, builder.constant(Uint16Array.of(0x3e00), 'float16', [1]), 'float32'));
    builder.output('bfloat16', cast(builder, builder.constant(Uint16Array.of(0x3fc0), 'bfloat16', [1]), 'float32'));
    const results = await runGraph(builder.build(), {});
    for (const [dtype, data] of constants) {
      expect([results[dtype]?.dtype, results[dtype]?.shape, Array.from<number | bigint>(results[dtype]?.data ?? [])]).toEqual([dtype, [2, 2], [...data, ...data]]);
    }
    expect(results['float16']?.data).toEqual(Float32Array.of(1.5));
    expect(results['bfloat16']?.data).toEqual(Float32Array.of(1.5));
  });

  test('bool values, integer inputs, several outputs of one node', async () => {
    const builder = newGraph('g');
    const [x, ids] = [builder.input('x', 'float32', [4]), builder.input('ids', 'int32', [2])];
    const [low, high] = split(builder, x, 0, [2, 2]) as [Value, Value];
    builder.output('chosen', where(builder, equal(builder, low, high), low, builder.scalar(-1)));
    builder.output('picked', gather(builder, high, ids, 0));
    const results = await runGraph(builder.build(), { x: floats([4], 1, 2, 3, 2), ids: { dtype: 'int32', shape: [2], data: Int32Array.of(1, 0) } });
    expect(results['chosen']?.data).toEqual(Float32Array.of(-1, 2));
    expect(results['picked']?.data).toEqual(Float32Array.of(2, 3));
  });

  test('initializers in a file, at offsets of any alignment, several in one file', async () => {
    // A file with 3 bytes, float32 1..4, one byte, float16 1.5 and -2.
    const bytes = new Uint8Array(3 + 16 + 1 + 4);
    const view = new DataView(bytes.buffer);
    [1, 2, 3, 4].forEach((value, index) => view.setFloat32(3 + 4 * index, value, true));
    [0x3e00, 0xc000].forEach((value, index) => view.setUint16(20 + 2 * index, value, true));
    const file = join(folder, 'weights.bin');
    writeFileSync(file, bytes);
    const builder = newGraph('g');
    const weight = builder.external('weight', 'float32', [2, 2], { file, offset: 3, length: 16 });
    const half = builder.external('half', 'float16', [2], { file, offset: 20, length: 4 });
    builder.output('y', mul(builder, weight, cast(builder, half, 'float32')));
    const results = await runGraph(builder.build(), {});
    expect(results['y']?.data).toEqual(Float32Array.of(1.5, -4, 4.5, -8));
  });

  test('attributes of every kind mean what they say', async () => {
    const results = await runGraph(rich(), { x: floats([1, 2, 4, 4], ...Array.from({ length: 32 }, (_, index) => Math.cos(index))) });
    expect(results['y']?.shape).toEqual([1, 16, 8]);
    expect(Array.from(results['y']?.data as Float32Array).every(Number.isFinite)).toBe(true);
  });

  test('a subarray is written from its own first element', async () => {
    const builder = newGraph('g');
    builder.output('y', expand(builder, builder.constant(Float32Array.of(9, 1, 2, 9).subarray(1, 3), 'float32', [2]), [2, 2]));
    expect((await runGraph(builder.build(), {}))['y']?.data).toEqual(Float32Array.of(1, 2, 1, 2));
  });
});
