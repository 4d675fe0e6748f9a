import { describe, expect, it } from 'vitest';
import { ModuleScope } from '../../../src/main/backbones/module-scope.ts';
import { DIFFUSERS_WEIGHTS, readStoredWeights } from '../../../src/main/backbones/weight-files.ts';
import { WeightSource, type WeightSourceOptions } from '../../../src/main/backbones/weights.ts';
import { newGraph } from '../../../src/main/core/ops/registry.ts';
import { fakeModelFolder, type FakeTensor } from '../../support/node-model-folder.ts';

const FILE = 'diffusion_pytorch_model.safetensors';

async function source(tensors: Record<string, FakeTensor>, options: Partial<WeightSourceOptions> = {}): Promise<WeightSource> {
  const folder = fakeModelFolder({ [`unet/${FILE}`]: { tensors } });
  return new WeightSource({ label: 'model/unet/', stored: await readStoredWeights(folder, 'unet/', DIFFUSERS_WEIGHTS), ...options });
}

describe('WeightSource', () => {
  it('points into the file at the tensor\'s own bytes', async () => {
    const weights = await source({ a: { shape: [2, 3] }, b: { shape: [4] } });
    const value = weights.get(newGraph('g'), 'b', [4]);
    expect(value.type).toEqual({ dtype: 'float32', shape: [4] });
    expect(value.initializer).toEqual({ kind: 'external', external: { file: `unet/${FILE}`, offset: 8 + 24, length: 16 } });
  });

  it.each(['float16', 'bfloat16'] as const)('widens %s to float32 in the graph and leaves the bytes as they are', async (dtype) => {
    const weights = await source({ a: { dtype, shape: [2] } });
    const value = weights.get(newGraph('g'), 'a', [2]);
    expect(value.type.dtype).toBe('float32');
    expect(value.producer?.op).toBe('Cast');
    expect(value.producer?.inputs[0]?.type.dtype).toBe(dtype);
    expect(value.producer?.inputs[0]?.initializer?.kind).toBe('external');
  });

  it('gives one graph one value per key, and each graph its own', async () => {
    const weights = await source({ a: { dtype: 'float16', shape: [2] } });
    const graph = newGraph('g');
    expect(weights.get(graph, 'a', [2])).toBe(weights.get(graph, 'a', [2]));
    expect(graph.build().initializers).toHaveLength(1);
    expect(weights.get(newGraph('g'), 'a', [2])).not.toBe(weights.get(graph, 'a', [2]));
  });

  it('refuses a key that is missing, misshapen or not a float, naming file, key, expected and got', async () => {
    const weights = await source({ a: { shape: [2, 3] }, n: { dtype: 'int64', shape: [1] } });
    const graph = newGraph('g');
    expect(() => weights.get(graph, 'b', [2])).toThrow('model/unet/: must hold "b" of shape [2], got no such key');
    expect(() => weights.get(graph, 'a', [3, 2])).toThrow(`model/unet/${FILE}: "a" must have shape [3, 2], got [2, 3]`);
    expect(() => weights.get(graph, 'a', [2])).toThrow(`model/unet/${FILE}: "a" must have shape [2], got [2, 3]`);
    expect(() => weights.get(graph, 'n', [1])).toThrow(`model/unet/${FILE}: "n" must be float32, float16, bfloat16, got int64`);
  });

  it('tells which keys no graph asked for, except those that are ignored by name', async () => {
    const weights = await source({ a: { shape: [1] }, b: { shape: [1] }, c: { shape: [1] }, ids: { shape: [1] } }, { ignored: (key) => key === 'ids' });
    weights.get(newGraph('g'), 'a', [1]);
    expect(() => { weights.assertAllUsed(); }).toThrow('must have a place in the model that config.json describes, got "b" and 1 more without one');
    weights.get(newGraph('g'), 'b', [1]);
    weights.get(newGraph('g'), 'c', [1]);
    expect(() => { weights.assertAllUsed(); }).not.toThrow();
  });

  it('finds a key under another spelling, and counts the second of two spellings as left over', async () => {
    const spellings = (key: string): string[] => [key, key.replace('to_q', 'query')];
    const old = await source({ query: { shape: [1] } }, { spellings });
    expect(old.get(newGraph('g'), 'to_q', [1]).type.shape).toEqual([1]);
    expect(() => { old.assertAllUsed(); }).not.toThrow();
    const both = await source({ query: { shape: [1] }, to_q: { shape: [1] } }, { spellings });
    both.get(newGraph('g'), 'to_q', [1]);
    expect(() => { both.assertAllUsed(); }).toThrow('"query" without one');
  });

  it('names weights and nodes by their place in the module tree', async () => {
    const weights = await source({ 'down_blocks.0.norm.weight': { dtype: 'float16', shape: [2] } });
    const graph = newGraph('g');
    const value = new ModuleScope(graph, weights).within('down_blocks.0', (block) => block.within('norm', (norm) => norm.weight('weight', [2])));
    expect(value.producer?.name).toBe('down_blocks.0.norm.Cast');
    expect(value.producer?.inputs[0]?.name).toBe('down_blocks.0.norm.weight');
  });
});
