import type { ValueCodec } from '../../src/contract/node.ts';
import type { TextStates } from '../../src/main/backbones/backbone.ts';
import { floatTensor } from '../../src/main/core/ir/tensor.ts';
import type { Conditioning } from '../values.ts';
import { describeNumbers } from './describe.ts';
import { pack, unpack } from './pack.ts';

interface SavedEntry {
  readonly prompt: string;
  readonly streams: Readonly<Record<string, { readonly ids: readonly number[]; readonly textStart: number; readonly textEnd: number; readonly shape: readonly number[] }>>;
  readonly extras: Readonly<Record<string, readonly number[]>>;
}

export const conditioningCodec: ValueCodec = {
  type: 'Conditioning',
  encode(value) {
    const arrays: Record<string, Float32Array> = {};
    const json = (value as Conditioning).entries.map((entry, index): SavedEntry => {
      const streams = Object.entries(entry.streams).map(([id, { states, ...rest }]) => {
        arrays[`${index}.stream.${id}`] = states.data;
        return [id, { ...rest, shape: states.shape }] as const;
      });
      const extras = Object.entries(entry.extras).map(([name, tensor]) => {
        arrays[`${index}.extra.${name}`] = tensor.data;
        return [name, tensor.shape] as const;
      });
      return { prompt: entry.prompt, streams: Object.fromEntries(streams), extras: Object.fromEntries(extras) };
    });
    return pack({ json, arrays });
  },
  decode(bytes): Conditioning {
    const { json, arrays } = unpack(bytes);
    const tensor = (name: string, shape: readonly number[]) => floatTensor(arrays[name] as Float32Array, shape);
    const entries = (json as SavedEntry[]).map((saved, index): TextStates => ({
      prompt: saved.prompt,
      streams: Object.fromEntries(Object.entries(saved.streams).map(([id, { shape, ...rest }]) => [id, { ...rest, states: tensor(`${index}.stream.${id}`, shape) }])),
      extras: Object.fromEntries(Object.entries(saved.extras).map(([name, shape]) => [name, tensor(`${index}.extra.${name}`, shape)])),
    }));
    return { entries };
  },
  describe(value) {
    const { entries } = value as Conditioning;
    const tensors = entries.flatMap(({ streams, extras }) => [...Object.values(streams).map(({ states }) => states), ...Object.values(extras)]);
    const [first] = tensors;
    const isOneArray = first !== undefined && tensors.length === entries.length && tensors.every(({ shape }) => String(shape) === String(first.shape));
    // Several streams or extras per prompt are no one array: only the number of prompts is told.
    return describeNumbers(isOneArray ? [entries.length, ...first.shape.slice(1)] : [entries.length], tensors.map(({ data }) => data));
  },
};
