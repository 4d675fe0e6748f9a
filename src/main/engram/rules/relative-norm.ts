import type { InjectionRuleDefinition } from './rule.ts';

/** As torch's F.normalize: a vector of length below this is divided by this. */
const SMALLEST_NORM = 1e-12;

/** h += m_k / max(||m_k||, 1e-12) * g * c_b, where c_b = mean over all positions t of ||h_base[b, t]||, start token and padding included (paper 2.5). */
export const relativeNorm: InjectionRuleDefinition = {
  id: 'relative-norm',
  title: 'Relative to the norm of the text states',
  direction(vector, out) {
    const length = Math.max(norm(vector, 0, vector.length), SMALLEST_NORM);
    for (let channel = 0; channel < vector.length; channel += 1) out[channel] = vector[channel]! / length;
  },
  backward(vector, upstream, gradient) {
    const length = norm(vector, 0, vector.length);
    if (length < SMALLEST_NORM) {
      // The clamp is constant there: du/dm = 1 / 1e-12
      for (let channel = 0; channel < vector.length; channel += 1) gradient[channel]! += upstream[channel]! / SMALLEST_NORM;
      return;
    }
    // dm = (du - u <u, du>) / ||m||
    let along = 0;
    for (let channel = 0; channel < vector.length; channel += 1) along += (vector[channel]! / length) * upstream[channel]!;
    for (let channel = 0; channel < vector.length; channel += 1) gradient[channel]! += (upstream[channel]! - (vector[channel]! / length) * along) / length;
  },
  amplitude(base, width) {
    const positions = base.length / width;
    let sum = 0;
    for (let position = 0; position < positions; position += 1) sum += norm(base, position * width, width);
    return sum / positions;
  },
};

/** Euclidean norm of `count` elements from `start`. */
function norm(values: Float32Array, start: number, count: number): number {
  let sum = 0;
  for (let index = start; index < start + count; index += 1) sum += values[index]! * values[index]!;
  return Math.sqrt(sum);
}
