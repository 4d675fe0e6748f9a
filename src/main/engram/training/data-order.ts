import { z } from 'zod';
import { inputError } from '../../../contract/errors.ts';
import { printable } from '../../core/printable.ts';
import { createTorchGenerator, restoreTorchGenerator, type TorchGenerator } from '../../core/random/torch-generator.ts';

/** Which examples the next batch is made of. */
export interface DataOrder {
  /** Indices of the examples of the next batch. */
  next(): readonly number[];
  /** How many of the next `batches` batches have which size; nothing is drawn. */
  upcomingSizes(batches: number): ReadonlyMap<number, number>;
  /** JSON-safe state, for {@link restore}. */
  save(): unknown;
  /** Goes on where {@link save} stood. @throws AppError when the state isn't one. */
  restore(state: unknown): void;
}

export interface DataOrderOptions {
  /** Number of examples. */
  readonly count: number;
  readonly batch: number;
  readonly shuffle: boolean;
  /** Whether an epoch's last batch, when smaller, is used or left out. */
  readonly lastBatch: 'keep' | 'drop';
  readonly seed: number;
}

const stateSchema = z.object({
  position: z.int().min(0),
  permutation: z.array(z.int().min(0)),
  generator: z.object({ words: z.array(z.number()), position: z.number(), nextNormal: z.number().nullable() }),
});

/**
 * Epoch after epoch over all examples, each epoch in a new order (torch's randperm). Five examples in batches of
 * four give batches of 4, 1, 4, 1, ... when the last batch is kept.
 * @throws AppError when dropping the last batch leaves none.
 */
export function createDataOrder(options: DataOrderOptions): DataOrder {
  const { count, batch, lastBatch } = options;
  if (lastBatch === 'drop' && batch > count) {
    throw inputError('train.batch', 'Train', `the batch must be at most the ${count} images when smaller batches are dropped`, { got: String(batch) });
  }
  return new EpochOrder(options);
}

class EpochOrder implements DataOrder {
  private generator: TorchGenerator;
  private permutation: readonly number[] = [];
  /** Examples of this epoch that were handed out. */
  private position = 0;

  constructor(private readonly options: DataOrderOptions) {
    this.generator = createTorchGenerator(options.seed);
  }

  next(): readonly number[] {
    if (this.sizeAt(this.position) === 0 || this.permutation.length === 0) this.startEpoch();
    const size = this.sizeAt(this.position);
    const indices = this.permutation.slice(this.position, this.position + size);
    this.position += size;
    return indices;
  }

  upcomingSizes(batches: number): ReadonlyMap<number, number> {
    const sizes = new Map<number, number>();
    const add = (size: number, times: number): void => { if (times > 0) sizes.set(size, (sizes.get(size) ?? 0) + times); };
    let left = batches;
    let position = this.permutation.length === 0 ? 0 : this.position;
    // The rest of this epoch batch by batch, whole epochs at once, then what is left.
    for (; left > 0 && this.sizeAt(position) > 0; left -= 1) {
      add(this.sizeAt(position), 1);
      position += this.sizeAt(position);
    }
    const epoch = this.epochSizes();
    for (const size of epoch) add(size, Math.floor(left / epoch.length));
    for (const size of epoch.slice(0, left % epoch.length)) add(size, 1);
    return sizes;
  }

  save(): unknown {
    return { position: this.position, permutation: this.permutation, generator: this.generator.save() };
  }

  restore(state: unknown): void {
    const parsed = stateSchema.safeParse(state);
    const { count, shuffle } = this.options;
    const sorted = parsed.success ? [...parsed.data.permutation].sort((a, b) => a - b) : [];
    const whole = sorted.length === 0 || (sorted.length === count && sorted.every((value, index) => value === index));
    if (!parsed.success || !whole || parsed.data.position > count) {
      throw inputError('train.order-state', 'Training checkpoint', `the data order must be a state for ${count} images${shuffle ? '' : ' in order'}`, { got: printable(state) });
    }
    this.position = parsed.data.position;
    this.permutation = parsed.data.permutation;
    this.generator = restoreTorchGenerator(parsed.data.generator);
  }

  private startEpoch(): void {
    const { count, shuffle } = this.options;
    this.permutation = shuffle ? this.generator.randperm(count) : Array.from({ length: count }, (_, index) => index);
    this.position = 0;
  }

  /** Size of the batch that begins at a position of an epoch; 0 when the epoch has none left. */
  private sizeAt(position: number): number {
    const { count, batch, lastBatch } = this.options;
    const left = Math.min(batch, count - position);
    return left < batch && lastBatch === 'drop' ? 0 : left;
  }

  private epochSizes(): number[] {
    const sizes: number[] = [];
    for (let position = 0; this.sizeAt(position) > 0; position += this.options.batch) sizes.push(this.sizeAt(position));
    return sizes;
  }
}
