import { floatTensor, type FloatTensor } from '../core/ir/tensor.ts';
import { isActive, prepareInjection, type StreamInjection } from './injection.ts';

/**
 * Adds the changes of several tables to the text states of a batch: h[b, p] += sum over tables of strength * delta (paper 2.5). Sums are kept in double precision and
 * rounded once. Positions that no match covers keep their bits; when no table acts at all the very same tensor is returned.
 * @param states Base states [B, T, d].
 * @param injections Per sample the tables that act on it.
 */
export function injectStates(states: FloatTensor, injections: readonly (readonly StreamInjection[])[]): FloatTensor {
  if (!injections.some((sample) => sample.some(isActive))) return states;
  const data = states.data.slice();
  const sampleLength = data.length / injections.length;
  injections.forEach((sample, index) => {
    const base = states.data.subarray(index * sampleLength, (index + 1) * sampleLength);
    injectSample(base, sample, data.subarray(index * sampleLength, (index + 1) * sampleLength));
  });
  return floatTensor(data, states.shape);
}

/**
 * Writes h + delta into `out` at the positions that matches cover, and leaves the others.
 * @param base Base states of one sample, [T, d] row-major.
 */
export function injectSample(base: Float32Array, injections: readonly StreamInjection[], out: Float32Array): void {
  const active = injections.filter(isActive);
  if (active.length === 0) return;
  const delta = new Float64Array(base.length);
  const covered = new Set<number>();
  for (const injection of active) addDelta(base, injection, delta, covered);
  const width = active[0]!.scale.length;
  for (const position of covered) {
    for (let index = position * width; index < (position + 1) * width; index += 1) out[index] = base[index]! + delta[index]!;
  }
}

/** delta[p] += factor[p] * gate * u_k for every match of row k and every position p that it covers. */
function addDelta(base: Float32Array, injection: StreamInjection, delta: Float64Array, covered: Set<number>): void {
  const { width, factor, gate, directions } = prepareInjection(base, injection);
  for (const { row, start, length } of injection.matches) {
    const direction = directions.get(row)!;
    for (let position = start; position < start + length; position += 1) {
      covered.add(position);
      const offset = position * width;
      for (let channel = 0; channel < width; channel += 1) delta[offset + channel]! += factor[position]! * gate[channel]! * direction[channel]!;
    }
  }
}
