import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { NodeDefinition } from '../../../src/contract/node.ts';
import { NodeRegistry } from '../../../src/main/runtime/node-registry.ts';
import { chooseRowWidth } from '../../../src/main/runtime/row-width.ts';
import { faultOf } from '../../support/fault.ts';
import { sumNode, type ToyServices } from '../../support/toy-nodes.ts';

it('the chosen width is the largest that fits, whatever memory does as it grows', async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 64 }), fc.array(fc.nat(100), { minLength: 64, maxLength: 64 }), fc.nat(3000), async (widest, growth, budget) => {
    const memory = (width: number): number => growth.slice(0, width).reduce((sum, more) => sum + more, 0);
    let asked = 0;
    const chosen = await chooseRowWidth(widest, budget, (width) => { asked += 1; return Promise.resolve(memory(width)); });
    const fitting = Array.from({ length: widest }, (_, index) => index + 1).filter((width) => memory(width) <= budget);
    expect(chosen).toBe(Math.max(1, ...fitting));
    expect(asked).toBeLessThanOrEqual(8);
  }));
});

const rowFunctions: NodeDefinition<ToyServices>['rowFunctions'] = { group: () => '', items: () => 1, run: () => Promise.resolve([]), memory: () => Promise.resolve(0) };
const width = { kind: 'integer', min: 1, max: 8, default: 1, doc: 'items' } as const;
const good: NodeDefinition<ToyServices> = { ...sumNode, params: { width }, rows: { width: 'width', widest: 8, sizedBy: ['terms'] }, rowFunctions };

it.each<[string, Partial<NodeDefinition<ToyServices>>]>([
  ['rows without functions', { rowFunctions: undefined }],
  ['functions without rows', { rows: undefined }],
  ['a width that is no param', { rows: { width: 'toString', widest: 8, sizedBy: [] } }],
  ['a width that may be 0', { params: { width: { ...width, min: 0 } } }],
  ['a width that cannot be as wide as it pays', { params: { width: { ...width, max: 7 } } }],
  ['sizes of inputs that are not there', { rows: { width: 'width', widest: 8, sizedBy: ['latents'] } }],
  ['effects', { sideEffects: true }],
])('a node type with %s is refused', async (_name, change) => {
  new NodeRegistry([good]);
  expect((await faultOf(() => new NodeRegistry([{ ...good, ...change }]))).code).toBe('nodes.rows');
});
