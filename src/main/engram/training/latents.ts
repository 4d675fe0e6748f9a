const f32 = Math.fround;

/**
 * Model latents from the VAE's posterior: ((mean + exp(logvar / 2) * noise) - shift) * scaling, rounded operation by operation as torch does it.
 * Written into `out`; all arrays have the elements of one example.
 */
export function sampleLatents(moments: { readonly mean: Float32Array; readonly logvar: Float32Array }, noise: Float32Array, { scaling, shift }: { readonly scaling: number; readonly shift: number }, out: Float32Array): void {
  const { mean, logvar } = moments;
  for (let index = 0; index < out.length; index += 1) {
    const spread = f32(Math.exp(f32(0.5 * logvar[index]!)));
    const sample = f32(mean[index]! + f32(spread * noise[index]!));
    out[index] = f32(f32(sample - shift) * scaling);
  }
}
