import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../src/contract/errors.ts';
import type { NamedTensor } from '../../../../src/main/core/safetensors/write.ts';
import { decodeCheckpoint, encodeCheckpoint, type CheckpointIdentity, type TrainingCheckpoint } from '../../../../src/main/engram/training/checkpoint.ts';

const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0); // JSON has no -0
const text = fc.string({ unit: 'binary', maxLength: 20 });
const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const group = fc.record({ rate: number, weightDecay: number }, { noNullPrototype: true });
const identity: fc.Arbitrary<CheckpointIdentity> = fc.record({
  settings: fc.record({
    steps: fc.nat(), batch: fc.nat(), accumulation: fc.nat(), seed: fc.nat(), shuffle: fc.boolean(), lastBatch: fc.constantFrom('keep' as const, 'drop' as const),
    vectors: group, scale: group, schedule: text, warmUp: number,
  }, { noNullPrototype: true }),
  table: text, data: text, model: text, objective: text, device: text,
}, { noNullPrototype: true });
const tensor: fc.Arbitrary<NamedTensor> = fc.tuple(fc.stringMatching(/^[a-z.]{1,12}$/), fc.array(fc.float({ noNaN: true }), { maxLength: 9 }))
  .map(([name, values]) => ({ name, dtype: 'float32', shape: [values.length], data: Float32Array.from(values) }));
const checkpoint: fc.Arbitrary<TrainingCheckpoint> = fc.record({
  identity, step: fc.nat(), losses: fc.array(number, { maxLength: 5 }), standing: fc.record({ order: json, draws: json }, { noNullPrototype: true }),
  tensors: fc.uniqueArray(tensor, { maxLength: 5, selector: ({ name }) => name }).map((tensors) => [...tensors].sort((a, b) => (a.name < b.name ? -1 : 1))),
}, { noNullPrototype: true });

const byName = (tensors: readonly NamedTensor[]): NamedTensor[] => [...tensors].sort((a, b) => (a.name < b.name ? -1 : 1));

describe('a training checkpoint', () => {
  it('is read as it was written', () => {
    fc.assert(fc.property(checkpoint, (state) => {
      const back = decodeCheckpoint(encodeCheckpoint(state), 'any', state.identity);
      expect({ ...back, tensors: byName(back.tensors) }).toEqual(state);
    }), { numRuns: 200 });
  });

  it('is read or refused, whatever byte is damaged', () => {
    fc.assert(fc.property(checkpoint, fc.nat(), fc.integer({ min: 1, max: 255 }), (state, at, change) => {
      const bytes = encodeCheckpoint(state);
      const place = at % bytes.length;
      bytes[place] = (bytes[place] as number) ^ change;
      try {
        decodeCheckpoint(bytes, 'any', state.identity);
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
      }
    }), { numRuns: 200 });
  });

  it('is refused by a run with other settings, but not on another device', () => {
    fc.assert(fc.property(checkpoint, (state) => {
      const bytes = encodeCheckpoint(state);
      expect(decodeCheckpoint(bytes, 'any', { ...state.identity, device: `${state.identity.device}, other` }).step).toBe(state.step);
      const other = { ...state.identity, settings: { ...state.identity.settings, batch: state.identity.settings.batch + 1 } };
      expect(() => decodeCheckpoint(bytes, 'any', other)).toThrow(/batch/);
    }), { numRuns: 50 });
  });
});
