import { floatTensor, type FloatTensor, type Tensor } from '../../core/ir/tensor.ts';
import type { Session, SessionProvider, SessionRequest } from '../../core/session.ts';
import { accumulateGradient } from '../inject-gradient.ts';
import { injectStates } from '../inject.ts';
import { isActive, type RowMatch, type StreamInjection } from '../injection.ts';
import { gradientOutput } from '../training-graph.ts';
import type { TrainingData, TrainingExample } from './data.ts';
import type { BatchDraws } from './draws.ts';
import { sampleLatents } from './latents.ts';
import type { Objective } from '../../core/training.ts';
import type { TrainedStream, TrainedTable } from './trained-table.ts';

export interface BatchRunnerOptions {
  readonly data: TrainingData;
  readonly table: TrainedTable;
  readonly objective: Objective;
  readonly sessions: SessionProvider;
  /** The training graph for a batch size and the streams whose gradient is wanted (see `trainingPlan`). */
  readonly plan: (batch: number, streams: readonly string[]) => SessionRequest;
}

/** One stream of one batch. */
interface BatchStream {
  readonly stream: string;
  /** Base states [B, T, d]. */
  readonly base: FloatTensor;
  /** Undefined where the table has no part for the stream. */
  readonly part: TrainedStream | undefined;
  /** Per sample; empty without a part. */
  readonly injections: readonly StreamInjection[];
}

/** Runs single batches: draws and examples in, loss out, gradients added to the table's. Keeps its session from batch to batch. */
export class BatchRunner {
  private readonly matches: readonly ReadonlyMap<string, readonly RowMatch[]>[];
  /** Streams that some caption wakes. Every batch asks for the gradients of all of them, needed there or not: one graph per batch size, however captions are cut. */
  private readonly learning: readonly string[];
  private held: { readonly key: string; readonly session: Session } | undefined;

  constructor(private readonly options: BatchRunnerOptions) {
    const { data, table } = options;
    this.matches = data.examples.map(({ text }) => new Map(Object.entries(text.streams).map(([stream, { ids }]) => [stream, table.match(stream, ids)])));
    this.learning = Object.keys(data.examples[0]?.text.streams ?? {}).filter((stream) => this.matches.some((found) => (found.get(stream) ?? []).length > 0));
  }

  /** Whether any caption holds a registered span: without one there is nothing to learn. */
  get anyMatch(): boolean {
    return this.matches.some((streams) => [...streams.values()].some((found) => found.length > 0));
  }

  /** @returns the batch's loss. */
  async run(indices: readonly number[], draws: BatchDraws): Promise<number> {
    const { objective, plan } = this.options;
    const examples = indices.map((index) => this.options.data.examples[index]!);
    const streams = this.streamsOf(examples, indices);
    const active = streams.filter(({ injections }) => injections.some(isActive));
    const { noisy, timesteps, target } = objective.prepare(this.latents(examples, draws.posterior), draws.noise, draws.times);
    const { channels, height, width } = this.options.data;
    const shape = [indices.length, channels, height, width];
    const feeds: Record<string, Tensor> = {
      ...textFeeds(examples, streams),
      latents: floatTensor(noisy, shape),
      timestep: floatTensor(Float32Array.from(timesteps), [indices.length]),
      target: floatTensor(target, shape),
    };
    const session = await this.session(plan(indices.length, this.learning));
    const results = await session.run(feeds);
    for (const stream of active) addGradient(stream, results[gradientOutput(stream.stream)]!);
    return (results['loss']!.data as Float32Array)[0]!;
  }

  /** Gives the session back; the next batch asks for it anew. */
  async release(): Promise<void> {
    const { held } = this;
    this.held = undefined;
    await held?.session.dispose();
  }

  /** One session is held at a time: which of those before it are kept is for the provider to say, which knows how much memory there is. */
  private async session(request: SessionRequest): Promise<Session> {
    if (this.held?.key !== request.key) {
      await this.release();
      this.held = { key: request.key, session: await this.options.sessions.acquire(request) };
    }
    return this.held.session;
  }

  private streamsOf(examples: readonly TrainingExample[], indices: readonly number[]): BatchStream[] {
    const { table } = this.options;
    return Object.keys(examples[0]?.text.streams ?? {}).map((stream) => {
      const part = table.streams.find((candidate) => candidate.stream === stream);
      const base = stackTensors(examples.map(({ text }) => text.streams[stream]!.states));
      const injections = part === undefined ? [] : indices.map((index) => table.injection(part, this.matches[index]!.get(stream) ?? []));
      return { stream, base, part, injections };
    });
  }

  /** Clean model latents of the batch, [B, C, h, w]. */
  private latents(examples: readonly TrainingExample[], noise: Float32Array): Float32Array {
    const elements = noise.length / examples.length;
    const latents = new Float32Array(noise.length);
    examples.forEach((example, index) => {
      const [from, to] = [index * elements, (index + 1) * elements];
      sampleLatents(example, noise.subarray(from, to), this.options.data, latents.subarray(from, to));
    });
    return latents;
  }
}

/** Edited states per stream, and what else the captions feed. */
function textFeeds(examples: readonly TrainingExample[], streams: readonly BatchStream[]): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {};
  for (const { stream, base, injections } of streams) feeds[`states.${stream}`] = injectStates(base, injections.map((injection) => [injection]));
  for (const name of Object.keys(examples[0]?.text.extras ?? {})) feeds[name] = stackTensors(examples.map(({ text }) => text.extras[name]!));
  return feeds;
}

/** Adds d loss/d table of one stream, sample by sample, from d loss/d states [B, T, d]. */
function addGradient({ base, part, injections }: BatchStream, upstream: Tensor): void {
  if (part === undefined) return;
  const length = base.data.length / injections.length;
  const data = upstream.data as Float32Array;
  injections.forEach((injection, index) => {
    const [from, to] = [index * length, (index + 1) * length];
    accumulateGradient(part.gradient, base.data.subarray(from, to), data.subarray(from, to), injection);
  });
}

/** Puts tensors [1, ...] one below the other: [B, ...]. */
function stackTensors(tensors: readonly FloatTensor[]): FloatTensor {
  const [first] = tensors;
  if (first === undefined) throw new RangeError('stackTensors: there must be at least one tensor');
  const data = new Float32Array(first.data.length * tensors.length);
  tensors.forEach((tensor, index) => { data.set(tensor.data, index * first.data.length); });
  return floatTensor(data, [tensors.length, ...first.shape.slice(1)]);
}
