import { isActive, prepareInjection, rowOf, type StreamInjection } from './injection.ts';

/** d loss/d table of one stream, summed in double precision. */
export interface StreamGradient {
  /** d loss/d m [K, d]. */
  readonly vectors: Float64Array;
  /** d loss/d s [d]. */
  readonly scale: Float64Array;
}

/** A gradient of zeros for K rows of width d. */
export function zeroGradient(rows: number, width: number): StreamGradient {
  return { vectors: new Float64Array(rows * width), scale: new Float64Array(width) };
}

/**
 * The chain rule from the edited states onto one table's vectors and scale, added to `gradient`. With G = d loss/d h[b]:
 * du_k = sum over covered p of factor[p] * g * G[p];  dg = sum over matches and p of factor[p] * u_k * G[p];
 * dm_k by the rule;  ds = dg, times 1 - tanh(s)^2 with tanh. The amplitude c_b is a constant (paper 2.5).
 * @param base Base states of one sample, [T, d] row-major.
 * @param upstream d loss/d states of that sample, [T, d] row-major.
 */
export function accumulateGradient(gradient: StreamGradient, base: Float32Array, upstream: Float32Array, injection: StreamInjection): void {
  if (!isActive(injection)) return;
  const { width, rule, factor, gate, directions } = prepareInjection(base, injection);
  const gateGradient = new Float64Array(width);
  const directionGradients = new Map<number, Float64Array>();
  for (const { row, start, length } of injection.matches) {
    const direction = directions.get(row)!;
    const directionGradient = directionGradients.get(row) ?? new Float64Array(width);
    directionGradients.set(row, directionGradient);
    for (let position = start; position < start + length; position += 1) {
      const offset = position * width;
      for (let channel = 0; channel < width; channel += 1) {
        const flow = factor[position]! * upstream[offset + channel]!;
        directionGradient[channel]! += flow * gate[channel]!;
        gateGradient[channel]! += flow * direction[channel]!;
      }
    }
  }
  for (const [row, directionGradient] of directionGradients) {
    rule.backward(rowOf(injection.vectors, row, width), directionGradient, rowOf(gradient.vectors, row, width));
  }
  const slope = (channel: number): number => (injection.settings.tanh ? 1 - gate[channel]! * gate[channel]! : 1);
  for (let channel = 0; channel < width; channel += 1) gradient.scale[channel]! += gateGradient[channel]! * slope(channel);
}
