import { inputError } from '../../contract/errors.ts';
import type { GraphBuilder } from '../core/ir/builder.ts';
import type { DataType, Shape, Value } from '../core/ir/types.ts';
import { cast } from '../core/ops/functions.ts';
import type { StoredWeight, StoredWeights } from './weight-files.ts';

const FLOAT_TYPES: readonly DataType[] = ['float32', 'float16', 'bfloat16'];

/** Other names under which a key may be stored; the key itself comes first. */
export type KeySpelling = (key: string) => readonly string[];

export interface WeightSourceOptions {
  /** What to call the files in messages. */
  readonly label: string;
  readonly stored: StoredWeights;
  readonly spellings?: KeySpelling;
  /** Stored keys that no graph needs (buffers of old files). */
  readonly ignored?: (key: string) => boolean;
}

/** The weights of one model part, as graph values that point into its files. Remembers which keys were asked for. */
export class WeightSource {
  private readonly used = new Set<string>();
  private readonly values = new WeakMap<GraphBuilder, { readonly stored: Map<string, Value>; readonly widened: Map<string, Value> }>();

  constructor(private readonly options: WeightSourceOptions) {}

  /**
   * The weight `key` as a float32 value of the graph; asked for again in the same graph it is the same value.
   * @throws AppError naming file, key, what was expected and what was got, when the key is missing or has another shape or a dtype that isn't a float.
   */
  get(builder: GraphBuilder, key: string, shape: Shape): Value {
    const made = this.valuesOf(builder).widened;
    const value = made.get(key) ?? cast(builder, this.getStored(builder, key, shape), 'float32');
    made.set(key, value);
    return value;
  }

  /** As {@link get}, in the element type of the file: for tables of which a graph needs few rows, so that the rest is never widened. */
  getStored(builder: GraphBuilder, key: string, shape: Shape): Value {
    const made = this.valuesOf(builder).stored;
    const value = made.get(key) ?? this.make(builder, key, shape);
    made.set(key, value);
    return value;
  }

  /** True when the key, or another spelling of it, is stored. */
  has(key: string): boolean {
    return this.find(key) !== undefined;
  }

  /** @throws AppError when the files hold a key that nothing asked for: then the model isn't the one that its config describes. */
  assertAllUsed(): void {
    const left = [...this.options.stored].filter(([key]) => !this.used.has(key) && this.options.ignored?.(key) !== true);
    const [first] = left;
    if (first === undefined) return;
    const [key, entry] = first;
    const more = left.length === 1 ? '' : ` and ${left.length - 1} more`;
    throw inputError('weights.unused', entry.label, 'every tensor must have a place in the model that config.json describes', { got: `"${key}"${more} without one` });
  }

  private valuesOf(builder: GraphBuilder): { readonly stored: Map<string, Value>; readonly widened: Map<string, Value> } {
    const values = this.values.get(builder) ?? { stored: new Map<string, Value>(), widened: new Map<string, Value>() };
    this.values.set(builder, values);
    return values;
  }

  private find(key: string): StoredWeight | undefined {
    for (const spelling of this.options.spellings?.(key) ?? [key]) {
      const entry = this.options.stored.get(spelling);
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  private make(builder: GraphBuilder, key: string, shape: Shape): Value {
    const entry = this.find(key);
    if (entry === undefined) {
      throw inputError('weights.missing-key', this.options.label, `must hold "${key}" of shape [${shape.join(', ')}]`, { got: 'no such key' });
    }
    this.used.add(entry.name);
    if (entry.shape.length !== shape.length || entry.shape.some((size, axis) => size !== shape[axis])) {
      throw inputError('weights.shape', entry.label, `"${entry.name}" must have shape [${shape.join(', ')}]`, { got: `[${entry.shape.join(', ')}]` });
    }
    if (!FLOAT_TYPES.includes(entry.dtype)) {
      throw inputError('weights.dtype', entry.label, `"${entry.name}" must be ${FLOAT_TYPES.join(', ')}`, { got: entry.dtype });
    }
    return builder.external(key, entry.dtype, shape, { file: entry.file, offset: entry.offset, length: entry.length });
  }
}
