import { availableParallelism, totalmem } from 'node:os';
import type { DeviceId } from '../../contract/devices.ts';
import { inputError, internalError } from '../../contract/errors.ts';
import type { Tensor } from '../core/ir/tensor.ts';
import { SegmentedSession } from '../core/segmented-session.ts';
import type { Session, SessionProvider, SessionRequest } from '../core/session.ts';
import { trackAlive } from './alive.ts';
import { compileGraph, estimateSession, type CompileOptions } from './compile.ts';
import { checkThreads, isOutOfMemory, NativeSession } from './native-session.ts';
import { nativeRuntime, type OrtRuntime } from './ort.ts';
import { planKey, type PlanChoice } from './plans.ts';
import { deviceProvider, prepareEnvironment } from './providers.ts';

export interface SessionProviderOptions {
  readonly device: DeviceId;
  /** Threads within one op; every available core when left out. Sums are split by threads, so the count changes last bits. */
  readonly threads?: number;
  /** Private memory, in bytes, up to which idle sessions are kept; half of the machine's memory when left out. */
  readonly memoryBudget?: number;
  /** How sessions are made; `by-size` when left out. */
  readonly plan?: PlanChoice;
  /** Tests only. */
  readonly runtime?: OrtRuntime;
}

/** A session provider that can say what it holds, and be shut down. */
export interface EngineSessions extends SessionProvider {
  /** What is alive now: how many sessions, of which leased out, and the estimate of their private memory in bytes. */
  usage(): { readonly sessions: number; readonly leased: number; readonly bytes: number };
  /** Frees every session that isn't leased out. */
  trim(): Promise<void>;
  /** Frees everything; leases that are still out fail from now on. */
  dispose(): Promise<void>;
}

interface Entry {
  readonly session: Promise<NativeSession>;
  /** Stays after its last lease is given back, as long as the budget allows. */
  readonly kept: boolean;
  /** 0 until the graph is compiled. */
  bytes: number;
  leases: number;
}

/** A caller's hold on a cached session: as long as it lives the session isn't evicted. */
class Lease implements Session {
  private closed: Promise<void> | undefined;
  private readonly running = new Set<Promise<unknown>>();
  private readonly untrack: () => void;

  constructor(private readonly where: string, private readonly native: NativeSession, private readonly cache: { trim(): Promise<void>; giveBack(): Promise<void> }) {
    this.untrack = trackAlive('lease', where);
  }

  async run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>> {
    if (this.closed !== undefined) throw internalError('session.disposed', this.where, 'must not be run after dispose');
    const result = this.attempt(feeds);
    this.running.add(result);
    try {
      return await result;
    } finally {
      this.running.delete(result);
    }
  }

  dispose(): Promise<void> {
    this.closed ??= this.close();
    return this.closed;
  }

  /** Runs; when memory is short, once more after idle sessions were freed. */
  private async attempt(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>> {
    try {
      return await this.native.run(feeds);
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
      await this.cache.trim();
      return this.native.run(feeds);
    }
  }

  private async close(): Promise<void> {
    await Promise.allSettled(this.running);
    this.untrack();
    await this.cache.giveBack();
  }
}

/** Parts are for models that memory is short of: their weights stay in the files, though each part alone would be small enough to copy. */
function planOfParts(choice: PlanChoice): PlanChoice {
  return choice === 'by-size' ? 'lean' : choice;
}

/** Sessions by key, least recently used first. Those of parts live as long as they are leased out, whatever the budget. */
class SessionCache implements EngineSessions {
  readonly deviceKey: string;
  private readonly entries = new Map<string, Entry>();
  private disposed = false;

  constructor(private readonly runtime: OrtRuntime, private readonly compile: CompileOptions, private readonly budget: number) {
    const { provider, threads, plan } = compile;
    this.deviceKey = `${provider.id} onnxruntime-${runtime.version} threads-${threads} plan-${planKey(plan)}`;
  }

  async acquire(request: SessionRequest): Promise<Session> {
    if (this.disposed) throw internalError('session.disposed', 'Sessions', 'must not be asked for after shut-down', { got: request.key });
    if (request.parts !== undefined) return new SegmentedSession(request.key, { acquire: (part) => this.lease(part, false) }, request.parts());
    return this.lease(request, true);
  }

  private async lease(request: SessionRequest, kept: boolean): Promise<Session> {
    if (this.disposed) throw internalError('session.disposed', 'Sessions', 'must not be asked for after shut-down', { got: request.key });
    const entry = this.entries.get(request.key) ?? this.start(request, kept);
    this.entries.delete(request.key);
    this.entries.set(request.key, entry); // most recently used goes last
    entry.leases += 1;
    try {
      return new Lease(this.where(request.key), await entry.session, { trim: () => this.trim(), giveBack: () => this.giveBack(request.key, entry) });
    } catch (error) {
      if (this.entries.get(request.key) === entry) this.entries.delete(request.key);
      throw error;
    }
  }

  async estimate(request: SessionRequest): Promise<number> {
    if (request.parts === undefined) return estimateSession(request.build(), this.compile.plan);
    return request.parts().reduce((most, part) => Math.max(most, estimateSession(part.build(), planOfParts(this.compile.plan))), 0);
  }

  usage(): { sessions: number; leased: number; bytes: number } {
    const entries = [...this.entries.values()];
    return { sessions: entries.length, leased: entries.filter((entry) => entry.leases > 0).length, bytes: this.bytes() };
  }

  async trim(): Promise<void> {
    await this.evictUntil(() => false);
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    const entries = [...this.entries.values()];
    this.entries.clear();
    const settled = await Promise.allSettled(entries.map((entry) => entry.session));
    await Promise.all(settled.map((result) => (result.status === 'fulfilled' ? result.value.release() : Promise.resolve())));
  }

  private where(key: string): string {
    return `Session "${key}" on ${this.compile.provider.id}`;
  }

  /** Puts an entry into the map at once, so that a second caller of the same key waits for the same session. */
  private start(request: SessionRequest, kept: boolean): Entry {
    const entry: Entry = { session: Promise.resolve().then(() => this.create(request, entry)), kept, bytes: 0, leases: 0 };
    return entry;
  }

  private async create(request: SessionRequest, entry: Entry): Promise<NativeSession> {
    const where = this.where(request.key);
    const compiled = await compileGraph(request.build(), where, entry.kept ? this.compile : { ...this.compile, plan: planOfParts(this.compile.plan) });
    entry.bytes = compiled.bytes;
    await this.evictUntil(() => this.bytes() <= this.budget);
    try {
      return await NativeSession.create(this.runtime, where, compiled);
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
      await this.trim();
      return NativeSession.create(this.runtime, where, compiled);
    }
  }

  private bytes(): number {
    return [...this.entries.values()].reduce((sum, entry) => sum + entry.bytes, 0);
  }

  private async giveBack(key: string, entry: Entry): Promise<void> {
    entry.leases -= 1;
    if (!entry.kept && entry.leases === 0 && this.entries.get(key) === entry) {
      this.entries.delete(key);
      await (await entry.session).release();
    }
    await this.evictUntil(() => this.bytes() <= this.budget);
  }

  /** Frees idle sessions, least recently used first, until enough is free or none is left. */
  private async evictUntil(enough: () => boolean): Promise<void> {
    for (const [key, entry] of [...this.entries]) {
      if (enough()) return;
      if (entry.leases > 0) continue;
      this.entries.delete(key);
      await (await entry.session).release();
    }
  }
}

/** Private memory that idle sessions may hold where nobody says how much: half of the machine's, or of what a container may take of it. In bytes. */
export function defaultMemoryBudget(): number {
  return usableMemory() / 2;
}

function usableMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/**
 * Makes a session provider for one device.
 * @throws AppError `session.threads` or `session.budget` for settings out of range, `device.no-runtime` when ONNX Runtime can't be loaded.
 */
export async function createSessionProvider(options: SessionProviderOptions): Promise<EngineSessions> {
  const provider = deviceProvider(options.device);
  const threads = checkThreads(options.threads ?? availableParallelism());
  const budget = options.memoryBudget ?? defaultMemoryBudget();
  if (!(budget >= 0)) throw inputError('session.budget', 'Session settings', 'memory budget must be a number of bytes from 0 on', { got: String(budget) });
  prepareEnvironment(provider);
  const runtime = options.runtime ?? (await nativeRuntime());
  return new SessionCache(runtime, { provider, threads, plan: options.plan ?? 'by-size' }, budget);
}
