import { describe, expect, test } from 'vitest';
import { defineOp, exactly, OpRegistry } from '../../../../src/main/core/ops/op.ts';
import type { OpDefinition } from '../../../../src/main/core/ops/op.ts';
import { opRegistry } from '../../../../src/main/core/ops/registry.ts';

function record(name: string, since: number, domain = ''): OpDefinition {
  return defineOp({ name, domain, since, inputs: exactly(1), outputs: exactly(1), infer: () => [{ dtype: 'float32', shape: [] }], vjp: 'zero' });
}

describe('OpRegistry', () => {
  test('finds the newest version that the opset has', () => {
    const registry = new OpRegistry([record('Resize', 19), record('Resize', 11), record('Resize', 22)]);
    expect(registry.find('', 'Resize', 21).since).toBe(19);
    expect(registry.find('', 'Resize', 18).since).toBe(11);
    expect(registry.find('', 'Resize', 22).since).toBe(22);
  });

  test('names op, domain and opset when there is none', () => {
    const registry = new OpRegistry([record('Gelu', 20)]);
    expect(() => registry.find('', 'Gelu', 19)).toThrow('Op "Gelu" (domain "ai.onnx"): no record for opset 19; known versions: 20');
    expect(() => registry.find('com.microsoft', 'Gelu', 21)).toThrow('Op "Gelu" (domain "com.microsoft"): no record for opset 21; known versions: none');
  });

  test('refuses a record that is listed twice', () => {
    expect(() => new OpRegistry([record('Gelu', 20), record('Gelu', 20)])).toThrow('Op registry: ::Gelu version 20 is listed twice');
    expect(() => new OpRegistry([record('Gelu', 20), record('Gelu', 20, 'engram')])).not.toThrow();
  });

  test('composites alone can be lowered, and all of them can', () => {
    for (const { domain, lower } of opRegistry.all()) expect(lower !== undefined).toBe(domain === 'engram');
  });
});
