/** torch's CPU generator: the same numbers for the same seed (facts: numerics.md). */
export interface TorchGenerator {
  /** Standard normal float32 values in the order of a contiguous tensor. */
  randn(count: number): Float32Array;
  /** Uniform float32 in [0, 1). */
  rand(count: number): Float32Array;
  /** Integers in [low, high). */
  randint(low: number, high: number, count: number): number[];
  randperm(count: number): number[];
  /** Everything that is needed to go on with the same numbers. JSON-safe. */
  save(): TorchGeneratorState;
}

export interface TorchGeneratorState {
  readonly words: readonly number[];
  readonly position: number;
  readonly nextNormal: number | null;
}
