import { describe, expect, it } from 'vitest';
import { sinusoids } from '../../../src/main/backbones/sinusoids.ts';
import { floatTensor } from '../../../src/main/core/ir/tensor.ts';
import { newGraph } from '../../../src/main/core/ops/registry.ts';
import { runGraph } from '../../support/run-graph.ts';

/** One unit in the last place of 1 (1.2e-7), and half as much for the rounding of the reduced angle. */
const PRECISION = 1.8e-7;

describe('sinusoids', () => {
  it.each([
    { width: 320, flip: true, frequencyShift: 0 },
    { width: 8, flip: false, frequencyShift: 1 },
  ])('are sine and cosine of the float32 angle for whole and fractional timesteps: %j', async (settings) => {
    const times = Float32Array.from({ length: 4001 }, (_, index) => index * 0.25);
    const builder = newGraph('sinusoids');
    builder.output('embedding', sinusoids(builder, builder.input('timestep', 'float32', [times.length]), settings));
    const { embedding } = await runGraph(builder.build(), { timestep: floatTensor(times, [times.length]) });
    const half = settings.width / 2;
    let worst = 0;
    times.forEach((time, row) => {
      for (let index = 0; index < half; index += 1) {
        const exponent = Math.fround(Math.fround(Math.fround(-Math.log(10_000)) * index) / (half - settings.frequencyShift));
        const angle = Math.fround(time * Math.fround(Math.exp(exponent)));
        const [sine, cosine] = settings.flip ? [half + index, index] : [index, half + index];
        const at = (column: number): number => Number(embedding!.data[row * settings.width + column]);
        worst = Math.max(worst, Math.abs(at(sine) - Math.sin(angle)), Math.abs(at(cosine) - Math.cos(angle)));
      }
    });
    expect(worst).toBeLessThanOrEqual(PRECISION);
    expect(worst).toBeGreaterThan(0);
  });
});
