import { expect, it } from 'vitest';
import { findJsonFault } from '../../src/contract/plain-json.ts';

it('finds prototype keys wherever they are, and only them', () => {
  expect(findJsonFault(JSON.parse('{"a":[{"b":{"__proto__":{}}}]}'))).toEqual({ code: 'prototype-key', path: 'a.0.b.__proto__', rule: 'must have no key "__proto__"' });
  expect(findJsonFault(JSON.parse('{"constructor":{"prototype":["__proto__"]}}'))).toBeUndefined();
  expect([findJsonFault(null), findJsonFault('__proto__'), findJsonFault(7)]).toEqual([undefined, undefined, undefined]);
});

it('finds depth without being ended by it', () => {
  const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as unknown;
  expect(findJsonFault(nested(64))).toBeUndefined();
  expect(findJsonFault(nested(65))?.code).toBe('too-deep');
  expect(findJsonFault(nested(5_000))?.code).toBe('too-deep');
});
