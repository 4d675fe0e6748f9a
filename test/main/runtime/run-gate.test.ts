import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RunGate, type GateKind } from '../../../src/main/runtime/run-gate.ts';

async function pause(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

const work = fc.record({ kind: fc.constantFrom<GateKind>('free', 'device', 'alone'), begin: fc.nat(6), turns: fc.nat(4), fails: fc.boolean() });

describe('the gate', () => {
  it('lets nothing go on that may not, lets everything through, and knows what had company', async () => {
    await fc.assert(fc.asyncProperty(fc.array(work, { minLength: 1, maxLength: 12 }), async (works) => {
      const gate = new RunGate();
      const going = new Set<number>();
      const company = new Set<number>();
      const outcomes = await Promise.all(works.map(async ({ kind, begin, turns, fails }, index) => {
        await pause(begin);
        return gate.pass(kind, async () => {
          going.add(index);
          if (going.size > 1) for (const each of going) company.add(each);
          const kinds = [...going].map((each) => works[each]?.kind);
          expect(kinds.includes('alone') && kinds.length > 1).toBe(false);
          expect(kinds.filter((each) => each === 'device').length).toBeLessThan(2);
          await pause(turns);
          going.delete(index);
          if (fails) throw new Error(String(index));
          return index;
        });
      }));
      for (const [index, outcome] of outcomes.entries()) {
        if ('value' in outcome) expect([outcome.value, works[index]?.fails]).toEqual([index, false]);
        else {
          expect([(outcome.error as Error).message, works[index]?.fails]).toEqual([String(index), true]);
          // Work that begins as this ends may count as company; the other way round it would be blamed for what others did.
          expect(outcome.accompanied || !company.has(index)).toBe(true);
          if (works[index]?.kind === 'alone') expect(outcome.accompanied).toBe(false);
        }
      }
    }), { numRuns: 100 });
  });

  it('keeps nothing waiting for ever that must be alone', async () => {
    const gate = new RunGate();
    const order: string[] = [];
    const slow = gate.pass('free', () => pause(3));
    const alone = gate.pass('alone', async () => { order.push('alone'); });
    const late = gate.pass('free', async () => { order.push('late'); });
    await Promise.all([slow, alone, late]);
    expect(order).toEqual(['alone', 'late']);
  });

  it('lets free work pass work that waits for the device', async () => {
    const gate = new RunGate();
    const order: string[] = [];
    const first = gate.pass('device', () => pause(5));
    const second = gate.pass('device', async () => { order.push('device'); });
    const free = gate.pass('free', async () => { order.push('free'); });
    await Promise.all([first, second, free]);
    expect(order).toEqual(['free', 'device']);
  });
});
