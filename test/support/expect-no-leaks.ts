import { expect } from 'vitest';
import { listAlive } from '../../src/main/engine/alive.ts';

/** Fails when sessions or leases are alive, with the stacks of those who made them. For `afterEach`. */
export function expectNoLeaks(): void {
  expect(listAlive().map((entry) => `${entry.kind} ${entry.label}\n${entry.stack}`)).toEqual([]);
}
