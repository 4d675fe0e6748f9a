/**
 * One way of turning a table's row into a change of text states. With row direction u_k = direction(m_k), gate g = gate(s) (s or tanh(s)) and the sample's
 * amplitude c_b, a match of row k adds u_k * g * c_b at every position that it covers (paper 2.5). The amplitude is a constant for the gradient.
 */
export interface InjectionRuleDefinition {
  /** Name in table files. */
  readonly id: string;
  readonly title: string;
  /** u [d] from m [d], written into `out`. */
  direction(vector: Float32Array, out: Float64Array): void;
  /** Adds d loss/d m [d] to `gradient`, from m [d] and `upstream` = d loss/d u [d]. */
  backward(vector: Float32Array, upstream: Float64Array, gradient: Float64Array): void;
  /** c_b from the base states of one sample, [T, d] row-major. */
  amplitude(base: Float32Array, width: number): number;
}
