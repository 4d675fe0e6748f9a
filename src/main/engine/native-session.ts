import { inputError, internalError, runError, type AppError } from '../../contract/errors.ts';
import type { Tensor } from '../core/ir/tensor.ts';
import { trackAlive } from './alive.ts';
import type { CompiledGraph } from './compile.ts';
import { loadOrt, type OrtRuntime, type OrtSession } from './ort.ts';
import { checkFeeds, fromOrtTensor, toOrtTensor } from './tensors.ts';

const OUT_OF_MEMORY = /out of memory|outofmemory|bad[_ ]alloc|allocat(?:e|ion|ing)/i;

/** True for the error of a session that ran out of memory: freeing others may help. */
export function isOutOfMemory(error: unknown): boolean {
  return (error as AppError | undefined)?.data?.code === 'session.out-of-memory';
}

/** ONNX Runtime's messages without line breaks, source positions and the text of the failed assertion. */
export function tidyMessage(message: string): string {
  return message.replace(/\s+/g, ' ').replace(/^.*\/onnxruntime_src\/.*? was false\. /, '').replace(/\/onnxruntime_src\/\S+ /g, '').replace(/[. ]+$/, '');
}

/** What ONNX Runtime threw, as an AppError. */
function wrapFailure(thrown: unknown, code: string, where: string, rule: string): AppError {
  const got = tidyMessage(thrown instanceof Error ? thrown.message : String(thrown));
  if (OUT_OF_MEMORY.test(got)) {
    return runError('session.out-of-memory', where, `${rule} within the memory there is`, { got, hint: 'Use a smaller size or batch, or close other programs' });
  }
  return runError(code, where, rule, { got });
}

/** One session of ONNX Runtime with its graph's types around it. Owned by the session cache. */
export class NativeSession {
  private released: Promise<void> | undefined;
  private readonly untrack: () => void;

  private constructor(private readonly where: string, private readonly compiled: CompiledGraph, private readonly session: OrtSession) {
    this.untrack = trackAlive('session', where);
  }

  /** @throws AppError `session.create` or `session.out-of-memory`. */
  static async create(runtime: OrtRuntime, where: string, compiled: CompiledGraph): Promise<NativeSession> {
    try {
      return new NativeSession(where, compiled, await runtime.create(compiled.model, compiled.options));
    } catch (thrown) {
      throw wrapFailure(thrown, 'session.create', where, 'ONNX Runtime must be able to load the graph');
    }
  }

  get bytes(): number {
    return this.compiled.bytes;
  }

  /** Runs once. Outputs are copies. @throws AppError `session.feed`, `session.run` or `session.out-of-memory`. */
  async run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    if (this.released !== undefined) throw internalError('session.disposed', this.where, 'must not be run after it was freed');
    checkFeeds(this.where, feeds, this.compiled.inputs);
    const { Tensor: OrtTensor } = await loadOrt();
    const wrapped = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, toOrtTensor(OrtTensor, tensor)]));
    let results: Awaited<ReturnType<OrtSession['run']>>;
    try {
      results = await this.session.run(wrapped);
    } catch (thrown) {
      throw wrapFailure(thrown, 'session.run', this.where, 'the graph must run');
    }
    const outputs: Record<string, Tensor> = {};
    for (const name of this.compiled.outputs.keys()) {
      const result = results[name];
      if (result === undefined) throw internalError('session.output', this.where, `must give output "${name}"`);
      outputs[name] = fromOrtTensor(this.where, name, result);
      result.dispose();
    }
    return outputs;
  }

  /** Frees the native session, once: the native side fails on a second release. */
  release(): Promise<void> {
    this.released ??= this.session.release().finally(this.untrack);
    return this.released;
  }
}

/** Refuses settings that no session can be made with. */
export function checkThreads(threads: number): number {
  if (!Number.isInteger(threads) || threads < 1 || threads > 1024) {
    throw inputError('session.threads', 'Session settings', 'threads must be a whole number in 1..1024', { got: String(threads) });
  }
  return threads;
}
