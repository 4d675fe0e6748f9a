import { floatTensor, type Tensor } from '../../../../src/main/core/ir/tensor.ts';
import type { Session, SessionProvider, SessionRequest } from '../../../../src/main/core/session.ts';
import { gradientOutput } from '../../../../src/main/engram/training-graph.ts';
import { randomNumbers } from './tables.ts';

type Feeds = Readonly<Record<string, Tensor>>;
type Results = Record<string, Tensor>;

export interface LinearModelOptions {
  /** May change what a run gives, or wait; called with the number of the run, from 0. */
  readonly onRun?: (run: number, results: Results, feeds: Feeds) => Promise<void> | void;
}

/** What happened to a linear model's sessions. */
export interface LinearModel extends SessionProvider {
  /** Keys in the order in which sessions were asked for. */
  readonly acquired: string[];
  /** Sessions that were not given back. */
  readonly open: Set<string>;
  /** The most that were open at once. */
  mostOpen: number;
  readonly runs: Feeds[];
}

/** The request of a training session of the linear model. */
export function linearPlan(batch: number, streams: readonly string[]): SessionRequest {
  return { key: JSON.stringify([batch, streams]), build: () => { throw new Error('the linear model needs no graph'); } };
}

/**
 * A stand-in for a frozen denoiser with known gradients: prediction = noisy latents * 0.5 + sum over streams of W states, loss the mean squared error, so
 * d loss/d states = 2/n W^T (prediction - target).
 */
export function createLinearModel({ onRun }: LinearModelOptions = {}): LinearModel {
  const model: LinearModel = {
    deviceKey: 'linear', acquired: [], open: new Set(), mostOpen: 0, runs: [],
    acquire({ key }: SessionRequest): Promise<Session> {
      const [, streams] = JSON.parse(key) as [number, string[]];
      model.acquired.push(key);
      model.open.add(key);
      model.mostOpen = Math.max(model.mostOpen, model.open.size);
      const run = async (feeds: Feeds): Promise<Results> => {
        const results = evaluate(feeds, streams);
        const number = model.runs.push(feeds) - 1;
        await onRun?.(number, results, feeds);
        return results;
      };
      return Promise.resolve({ run, dispose: () => { model.open.delete(key); return Promise.resolve(); } });
    },
    estimate: () => Promise.resolve(0),
  };
  return model;
}

function evaluate(feeds: Feeds, streams: readonly string[]): Results {
  const dataOf = (name: string): Float32Array => feeds[name]!.data as Float32Array;
  const [latents, target] = [dataOf('latents'), dataOf('target')];
  const batch = feeds['timestep']!.shape[0]!;
  const size = latents.length / batch;
  const names = Object.keys(feeds).filter((name) => name.startsWith('states.'));
  const error = Float64Array.from(latents, (value, index) => value * 0.5 - target[index]!);
  for (const name of names) {
    const states = dataOf(name);
    const width = states.length / batch;
    const weights = weightsOf(size, width);
    for (let index = 0; index < error.length; index += 1) {
      const [row, sample] = [index % size, Math.floor(index / size)];
      for (let input = 0; input < width; input += 1) error[index]! += weights[row * width + input]! * states[sample * width + input]!;
    }
  }
  const results: Results = { loss: floatTensor(Float32Array.of(error.reduce((sum, value) => sum + value * value, 0) / error.length), []) };
  for (const stream of streams) {
    const states = feeds[`states.${stream}`]!;
    const width = states.data.length / batch;
    const weights = weightsOf(size, width);
    const gradient = new Float64Array(states.data.length);
    error.forEach((value, index) => {
      const [row, sample] = [index % size, Math.floor(index / size)];
      for (let input = 0; input < width; input += 1) gradient[sample * width + input]! += (2 / error.length) * value * weights[row * width + input]!;
    });
    results[gradientOutput(stream)] = floatTensor(Float32Array.from(gradient), states.shape);
  }
  return results;
}

const known = new Map<string, Float32Array>();

function weightsOf(rows: number, columns: number): Float32Array {
  const key = `${rows}x${columns}`;
  const weights = known.get(key) ?? randomNumbers(rows * columns, 77).map((value) => value * 0.3);
  known.set(key, weights);
  return weights;
}
