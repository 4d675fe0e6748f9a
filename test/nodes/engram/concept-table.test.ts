import { describe, expect, it } from 'vitest';
import { nodeBench } from '../../support/node-bench.ts';
import { tinyTable } from '../../support/tiny-tables.ts';

const bench = nodeBench();

describe('Concept Table', () => {
  it('draws vectors from its seed, and acts as the model says unless it is told otherwise', async () => {
    const { injection } = (await bench.tiny()).textEncoders.encoders;
    const first = await tinyTable(bench);
    expect(first.settings).toEqual(injection);
    expect(first.streams[0]?.vectors).toEqual((await tinyTable(bench, { seed: 0 })).streams[0]?.vectors);
    expect(first.streams[0]?.vectors).not.toEqual((await tinyTable(bench, { seed: 1 })).streams[0]?.vectors);
    const told = await tinyTable(bench, { rule: 'absolute', tanh: injection.tanh ? 'off' : 'on', overlap: 'mean' });
    expect(told.settings).toEqual({ rule: 'absolute', tanh: !injection.tanh, overlap: 'mean' });
  });
});
