import { afterEach, describe, expect, test } from 'vitest';
import { floatTensor } from '../../../src/main/core/ir/tensor.ts';
import type { Graph } from '../../../src/main/core/ir/types.ts';
import { add, tanh } from '../../../src/main/core/ops/functions.ts';
import { newGraph } from '../../../src/main/core/ops/registry.ts';
import { inSegments } from '../../../src/main/core/segments.ts';
import type { SessionRequest } from '../../../src/main/core/session.ts';
import { createSessionProvider, type EngineSessions } from '../../../src/main/engine/sessions.ts';
import { expectNoLeaks } from '../../support/expect-no-leaks.ts';

afterEach(expectNoLeaks);

const WIDTH = 1000;

/** Two sums of an input with weights of 4 kB each, which may be cut between them. */
function twoSums(): Graph {
  const builder = newGraph('two-sums');
  const weight = (name: string): ReturnType<typeof builder.constant> => builder.constant(new Float32Array(WIDTH).fill(0.5), 'float32', [WIDTH], name);
  const first = tanh(builder, add(builder, builder.input('x', 'float32', [WIDTH]), weight('first')));
  builder.allowCut();
  builder.output('y', tanh(builder, add(builder, first, weight('second'))));
  return builder.build();
}

const REQUEST: SessionRequest = { key: 'two-sums', build: twoSums };
const FEEDS = { x: floatTensor(new Float32Array(WIDTH).fill(1), [WIDTH]) };

async function withSessions(body: (sessions: EngineSessions) => Promise<void>, options: Partial<Parameters<typeof createSessionProvider>[0]> = {}): Promise<void> {
  const sessions = await createSessionProvider({ device: 'cpu', threads: 1, ...options });
  try {
    await body(sessions);
  } finally {
    await sessions.dispose();
  }
}

describe('a computation in parts', () => {
  test('holds nothing when it has run, whatever the budget, and idle sessions of others stay', async () => {
    await withSessions(async (sessions) => {
      const whole = await sessions.acquire(REQUEST);
      const { y } = await whole.run(FEEDS);
      await whole.dispose();
      const session = await sessions.acquire(inSegments(REQUEST, 2));
      for (let run = 0; run < 2; run += 1) expect((await session.run(FEEDS))['y']).toEqual(y);
      await session.dispose();
      expect(sessions.usage()).toMatchObject({ sessions: 1, leased: 0 });
    });
  });

  test('shares a part\'s session between runs at the same time, and frees it after the last of them', async () => {
    await withSessions(async (sessions) => {
      const session = await sessions.acquire(inSegments(REQUEST, 2));
      const [one, two] = await Promise.all([session.run(FEEDS), session.run(FEEDS)]);
      expect(one).toEqual(two);
      expect(sessions.usage()).toEqual({ sessions: 0, leased: 0, bytes: 0 });
    });
  });

  test('leaves weights in their files, though each part alone is small; a plan that was chosen holds for parts too', async () => {
    const estimates = async (plan?: 'default'): Promise<[number, number]> => {
      let found: [number, number] = [0, 0];
      await withSessions(async (sessions) => { found = [await sessions.estimate(REQUEST), await sessions.estimate(inSegments(REQUEST, 2))]; }, plan === undefined ? {} : { plan });
      return found;
    };
    // x, the sum and its tanh: two of them alive at once, four times over for the arena; and the weights where they are copied.
    expect(await estimates()).toEqual([4 * 8000 + 8000, 4 * 8000]);
    expect(await estimates('default')).toEqual([4 * 8000 + 8000, 4 * 8000 + 4000]);
  });
});
