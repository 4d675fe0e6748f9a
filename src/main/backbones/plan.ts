import type { GraphBuilder } from '../core/ir/builder.ts';
import { newGraph } from '../core/ops/registry.ts';
import { inSegments } from '../core/segments.ts';
import type { SessionRequest } from '../core/session.ts';
import type { WeightSource } from './weights.ts';

/**
 * A session request for a graph that depends on one model part and some sizes.
 * @param key What the graph is, for example `sd15/vae/decoder`; also the graph's name.
 * @param fingerprint Of the files that the graph was made from.
 * @param segments Sessions that the graph is cut into where it says that it may be.
 */
export function planGraph(key: string, fingerprint: string, sizes: Readonly<Record<string, number>>, body: (builder: GraphBuilder) => void, segments = 1): SessionRequest {
  const named = Object.entries(sizes).map(([name, value]) => `${name}=${value}`).join(',');
  const whole: SessionRequest = {
    key: `${key}:${named}:${fingerprint}`,
    build: () => {
      const builder = newGraph(key);
      body(builder);
      return builder.build();
    },
  };
  return inSegments(whole, segments);
}

/**
 * Compares a part's weight files with the graphs that its config describes, by building them once; no bytes of weights are read.
 * @throws AppError for the first key that is missing, misshapen, of a wrong type or left over.
 */
export function checkWeights(weights: WeightSource, plans: readonly SessionRequest[]): void {
  for (const plan of plans) plan.build();
  weights.assertAllUsed();
}
