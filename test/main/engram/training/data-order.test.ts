import { array, assert, constantFrom, integer, property, tuple, boolean as anyBoolean } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTorchGenerator } from '../../../../src/main/core/random/torch-generator.ts';
import { createDataOrder, type DataOrderOptions } from '../../../../src/main/engram/training/data-order.ts';

const options: DataOrderOptions = { count: 5, batch: 4, shuffle: true, lastBatch: 'keep', seed: 3 };
const take = (order: ReturnType<typeof createDataOrder>, batches: number): (readonly number[])[] => Array.from({ length: batches }, () => order.next());

describe('createDataOrder', () => {
  test('goes over all examples epoch after epoch, batches alternating 4 and 1, in torch\'s orders', () => {
    const generator = createTorchGenerator(3);
    const [first, second] = [generator.randperm(5), generator.randperm(5)];
    expect(take(createDataOrder(options), 4)).toEqual([first.slice(0, 4), first.slice(4), second.slice(0, 4), second.slice(4)]);
    expect(first).not.toEqual(second);
  });

  test('drops the smaller last batch on request', () => {
    const generator = createTorchGenerator(3);
    expect(take(createDataOrder({ ...options, lastBatch: 'drop' }), 2)).toEqual([generator.randperm(5).slice(0, 4), generator.randperm(5).slice(0, 4)]);
  });

  test('keeps the order of the files without shuffling', () => {
    expect(take(createDataOrder({ ...options, shuffle: false, batch: 2 }), 4)).toEqual([[0, 1], [2, 3], [4], [0, 1]]);
  });

  test('a batch larger than the data is all of it, or an error when it would be dropped', () => {
    expect(createDataOrder({ ...options, batch: 9 }).next()).toHaveLength(5);
    expect(() => createDataOrder({ ...options, batch: 9, lastBatch: 'drop' })).toThrowError(/batch must be at most the 5 images.*got 9/);
  });

  const anyOptions = tuple(integer({ min: 1, max: 9 }), integer({ min: 1, max: 9 }), anyBoolean(), constantFrom('keep' as const, 'drop' as const), integer({ min: 0, max: 99 }))
    .filter(([count, batch, , lastBatch]) => lastBatch === 'keep' || batch <= count)
    .map(([count, batch, shuffle, lastBatch, seed]): DataOrderOptions => ({ count, batch, shuffle, lastBatch, seed }));

  test('goes on from a saved state as if it had never stopped', () => {
    assert(property(anyOptions, integer({ min: 0, max: 12 }), (chosen, before) => {
      const [straight, broken] = [createDataOrder(chosen), createDataOrder({ ...chosen, seed: 0 })];
      take(straight, before);
      broken.restore(JSON.parse(JSON.stringify(straight.save())));
      expect(take(broken, 10)).toEqual(take(straight, 10));
    }));
  });

  test('says which batch sizes come without drawing any', () => {
    assert(property(anyOptions, integer({ min: 0, max: 12 }), integer({ min: 0, max: 30 }), (chosen, before, ahead) => {
      const order = createDataOrder(chosen);
      take(order, before);
      const expected = order.upcomingSizes(ahead);
      const met = new Map<number, number>();
      for (const { length } of take(order, ahead)) met.set(length, (met.get(length) ?? 0) + 1);
      expect([...expected].sort()).toEqual([...met].sort());
    }));
  });

  test('every example comes once per epoch', () => {
    assert(property(array(integer({ min: 0, max: 3 }), { maxLength: 3 }), integer({ min: 1, max: 9 }), (skipped, batch) => {
      const order = createDataOrder({ ...options, count: 7, batch, seed: skipped.length });
      const perEpoch = Math.ceil(7 / batch);
      for (let epoch = 0; epoch < 3; epoch += 1) expect(take(order, perEpoch).flat().sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    }));
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['another number of images', { ...(createDataOrder({ ...options, count: 4 }).save() as object), permutation: [0, 1, 2, 3] }],
    ['an index twice', { ...(createDataOrder(options).save() as object), permutation: [0, 1, 2, 3, 3] }],
    ['a position past the end', { ...(createDataOrder(options).save() as object), position: 6 }],
    ['a broken generator', { ...(createDataOrder(options).save() as object), generator: { words: [1], position: 0, nextNormal: null } }],
  ])('refuses a state with %s', (_, state) => {
    expect(() => { createDataOrder(options).restore(state); }).toThrowError(/must be/);
  });
});
