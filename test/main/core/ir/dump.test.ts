import { expect, test } from 'vitest';
import { dumpGraph } from '../../../../src/main/core/ir/dump.ts';
import { attention, conv, layerNorm } from '../../../../src/main/core/ops/functions.ts';
import { newGraph } from '../../../../src/main/core/ops/registry.ts';

test('dumpGraph says everything of a graph, a line each', () => {
  const builder = newGraph('tiny');
  const x = builder.input('latents', 'float32', [1, 2, 3, 3]);
  const weight = builder.external('conv.weight', 'float32', [2, 2, 1, 1], { file: 'unet.safetensors', offset: 808, length: 16 });
  const q = builder.input('states', 'float32', [1, 4, 6]);
  builder.output('sample', builder.scope('mid', () => conv(builder, x, weight)));
  builder.output('context', attention(builder, q, q, q, { heads: 2, scale: 0.5 }));
  builder.output('normal', layerNorm(builder, q, builder.constant(Float32Array.of(1, 2, 3, 4, 5, 6), 'float32', [6], 'gamma'), undefined, 1e-5));
  builder.constant(new Float32Array(20), 'float32', [20], 'unused');
  expect(dumpGraph(builder.build())).toBe(`graph "tiny" opset 21
  input float32[1, 2, 3, 3] latents
  input float32[1, 4, 6] states
  const float32[2, 2, 1, 1] conv.weight = 16 bytes of unet.safetensors from 808
  const float32[6] gamma = 1, 2, 3, 4, 5, 6
  const float32[20] unused = 0, 0, 0, 0, 0, 0, 0, 0, … (20)
  float32[1, 2, 3, 3] mid.Conv:out = Conv(latents, conv.weight) {strides=[1, 1], pads=[0, 0, 0, 0], dilations=[1, 1], group=1, kernel_shape=[1, 1]}
  float32[1, 4, 6] Attention:out = engram::Attention(states, states, states) {heads=2, scale=0.5f}
  float32[1, 4, 6] LayerNormalization:out = LayerNormalization(states, gamma) {axis=-1, epsilon=0.00001f}
  output sample = mid.Conv:out
  output context = Attention:out
  output normal = LayerNormalization:out
`);
});
