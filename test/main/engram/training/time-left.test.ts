import { describe, expect, test } from 'vitest';
import { BatchTimer } from '../../../../src/main/engram/training/time-left.ts';

describe('BatchTimer', () => {
  test('knows nothing before the first batch', () => {
    expect(new BatchTimer().expect(new Map([[4, 10]]))).toBeUndefined();
  });

  test('expects each batch size to take its own time', () => {
    const timer = new BatchTimer();
    for (const seconds of [4, 4]) timer.add(4, seconds);
    for (const seconds of [1, 1]) timer.add(1, seconds);
    expect(timer.expect(new Map([[4, 10], [1, 5]]))).toBe(45);
  });

  test('forgets the first batch of a size, which also made its session, once there is a second', () => {
    const timer = new BatchTimer();
    timer.add(4, 30);
    expect(timer.expect(new Map([[4, 1]]))).toBe(30);
    timer.add(4, 2);
    expect(timer.expect(new Map([[4, 1]]))).toBe(2);
    timer.add(4, 4);
    expect(timer.expect(new Map([[4, 1]]))).toBe(3);
  });

  test('follows a machine that becomes slower', () => {
    const timer = new BatchTimer();
    for (let count = 0; count < 50; count += 1) timer.add(2, 1);
    for (let count = 0; count < 20; count += 1) timer.add(2, 5);
    expect(timer.expect(new Map([[2, 3]]))).toBe(15);
  });

  test('takes a size that was never met in proportion', () => {
    const timer = new BatchTimer();
    timer.add(4, 8);
    expect(timer.expect(new Map([[1, 3]]))).toBe(6);
  });
});
