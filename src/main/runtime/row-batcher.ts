import { AppError, cancelledError, runError, toErrorData, type ErrorData } from '../../contract/errors.ts';
import type { NodeSchema } from '../../contract/node.ts';
import type { PortTypeName } from '../../contract/port-types.ts';
import { chooseRows } from './choose-rows.ts';
import { Holds } from './holds.ts';
import { Making } from './making.ts';
import { outputTypes, type NodeEvent, type NodeRunner, type NodeRunRequest, type RowGroup } from './node-runner.ts';
import { RunGate, type GateKind } from './run-gate.ts';

/** How many engines are asked a question before it is given up: one that dies at every start isn't waited for any longer. */
const MAX_QUESTIONS = 8;

function isDeath(error: unknown): boolean {
  return error instanceof AppError && error.data.code === 'engine.died';
}

/** One row's view of a shared runner: hand it to `runGraph`, and dispose of it when the row has ended, whatever its end was. */
export interface RowRunner extends NodeRunner {
  /** Ends the row: what it holds may be dropped, and nobody waits for it any more. The runner behind it stays. */
  dispose(): Promise<void>;
}

/** What is known of a value that waits for its turn. */
interface Waiting {
  readonly width: number;
  /** Found out when it is first chosen from. */
  found: RowGroup | undefined;
  passes: number;
}

/** What one row is doing. */
interface Row {
  /** What it waits for, when that is a value. */
  waitsFor: Making | undefined;
}

/**
 * Lets rows, each an ordinary `runGraph` of its own graph, share one runner:
 * a node whose schema has `rows` waits until every open row has come as far or has ended; then those that fit together best run together. With more rows open than fit into one
 * run (twice its width), rows of several kinds fill whole runs too.
 * What rows have in common is made once. Nodes that compute on the device run one at a time, so that rows together need no more memory than one of them.
 * What a row gives never depends on the others, nor whether it fails:
 * - rows that failed together because the engine died are run again one at a time;
 * - a row that is cancelled leaves the others alone.
 */
export class RowBatcher {
  private readonly rows = new Set<Row>();
  /** What is being made, by content key. */
  private readonly makings = new Map<string, Making>();
  private readonly queue = new Map<Making, Waiting>();
  private choosing = false;
  private readonly holds = new Holds<Row>();
  private readonly gate = new RunGate();
  /** Content keys that were in work, with others, when an engine died: they run alone from then on. */
  private readonly suspects = new Set<string>();
  private schemas: Promise<ReadonlyMap<string, NodeSchema>> | undefined;

  constructor(private readonly runner: NodeRunner) {}

  /** Opens a row. From now on what can be shared waits for it, until it is disposed of. */
  openRow(): RowRunner {
    const row: Row = { waitsFor: undefined };
    this.rows.add(row);
    const run = (request: NodeRunRequest, onEvent: (event: NodeEvent) => void, signal: AbortSignal): Promise<void> => this.run(row, request, onEvent, signal);
    return {
      catalogue: () => this.ask(() => this.runner.catalogue()),
      deviceKey: () => this.ask(() => this.runner.deviceKey()),
      lookup: (key, outputs) => this.lookup(row, key, outputs),
      run,
      runMany: async (requests, onEvent, signal) => {
        const errors: (ErrorData | undefined)[] = [];
        for (const [index, request] of requests.entries()) errors.push(await run(request, (event) => onEvent(index, event), signal).then(() => undefined, (error: unknown) => toErrorData(error, request.where, 'run')));
        return errors;
      },
      rowGroups: (requests) => this.runner.rowGroups(requests),
      rowWidth: (request, budget) => this.runner.rowWidth(request, budget),
      describe: (handle, type) => this.runner.describe(handle, type),
      release: (keys) => this.release(this.holds.drop(row, keys)),
      dispose: async () => {
        this.rows.delete(row);
        this.startIfAllWait();
        await this.release(this.holds.dropAll(row));
      },
    };
  }

  private async lookup(row: Row, key: string, outputs: Readonly<Record<string, PortTypeName>>): Promise<'memory' | 'disk' | 'missing'> {
    // Held before it is asked for, so that another row's release can't come between.
    this.holds.add(row, key);
    const found = await this.ask(() => this.runner.lookup(key, outputs));
    if (found === 'missing' && !this.makings.has(key)) this.holds.drop(row, [key]);
    return found;
  }

  private async run(row: Row, request: NodeRunRequest, onEvent: (event: NodeEvent) => void, signal: AbortSignal): Promise<void> {
    const schema = await this.schemaOf(request);
    if (signal.aborted) throw cancelledError(request.where);
    // What is wanted for its effect has it for every row.
    if (schema?.sideEffects === true) return this.runNow(request, schema, onEvent, signal);
    const key = request.contentKey;
    for (let making = this.makings.get(key); making?.abandoned === true; making = this.makings.get(key)) await making.settled;
    const making = this.makings.get(key) ?? this.start(request, schema);
    this.holds.add(row, key);
    row.waitsFor = making;
    this.startIfAllWait();
    try {
      await making.join(request, onEvent, signal);
    } finally {
      row.waitsFor = undefined;
    }
  }

  /** Begins to make a value: takes it if it is there already, else runs its node, or queues it to run with others. */
  private start(request: NodeRunRequest, schema: NodeSchema | undefined): Making {
    const making = new Making(request);
    this.makings.set(request.contentKey, making);
    const work = async (): Promise<void> => {
      if (schema !== undefined && (await this.ask(() => this.runner.lookup(request.contentKey, outputTypes(schema)))) !== 'missing') return;
      if (schema?.rows === undefined || this.suspects.has(request.contentKey)) return this.runNow(request, schema, (event) => making.tell(event), making.signal);
      await this.enqueue(making, Number(request.params[schema.rows.width]));
    };
    making.begin(work, () => {
      this.makings.delete(request.contentKey);
      // Nobody may want it any more: whoever did was cancelled.
      if (!this.holds.has(request.contentKey)) void this.release([request.contentKey]).catch(() => undefined);
    });
    return making;
  }

  private async enqueue(making: Making, width: number): Promise<void> {
    const started = making.queue(() => { this.queue.delete(making); });
    this.queue.set(making, { width, found: undefined, passes: 0 });
    this.startIfAllWait();
    await started;
  }

  private get allWait(): boolean {
    return this.queue.size > 0 && [...this.rows].every((row) => row.waitsFor?.queued === true);
  }

  /** Runs some of what is queued once nothing more can come to it. */
  private startIfAllWait(): void {
    if (this.choosing || !this.allWait) return;
    this.choosing = true;
    void this.findGroups().then(() => {
      this.choosing = false;
      // Something may have come or gone meanwhile.
      if (!this.allWait) return;
      if ([...this.queue.values()].every(({ found }) => found !== undefined)) this.startChosen();
      else this.startIfAllWait();
    });
  }

  /** Finds out what fits together among those that wait. */
  private async findGroups(): Promise<void> {
    const unknown = [...this.queue].filter(([, { found }]) => found === undefined);
    if (unknown.length === 0) return;
    const requests = unknown.map(([{ request }]) => request);
    // Whatever is wrong, running it says so.
    const groups = await this.ask(() => this.runner.rowGroups(requests)).catch(() => requests.map(({ contentKey }): RowGroup => ({ group: contentKey, items: 1 })));
    unknown.forEach(([, waiting], index) => { waiting.found = groups[index]; });
  }

  private startChosen(): void {
    const waiting = [...this.queue];
    const chosen = new Set(chooseRows(waiting.map(([, { width, passes, found }]) => ({ width, passes, ...(found as RowGroup) }))));
    const group = waiting.filter((_entry, index) => chosen.has(index)).map(([making]) => making);
    for (const making of group) {
      this.queue.delete(making);
      making.dequeue();
    }
    for (const left of this.queue.values()) left.passes += 1;
    void this.runGroup(group);
  }

  private async runGroup(group: readonly Making[]): Promise<void> {
    const everyone = new AbortController();
    for (const making of group) making.signal.addEventListener('abort', () => { if (group.every(({ signal }) => signal.aborted)) everyone.abort(); });
    const requests = group.map(({ request }) => request);
    try {
      const errors = await this.guard(requests, 'device', () => this.runner.runMany(requests, (index, event) => group[index]?.tell(event), everyone.signal));
      group.forEach((making, index) => { making.finish(errors[index]); });
    } catch (thrown) {
      for (const making of group) making.finish(toErrorData(thrown, making.request.where, 'run'));
    }
  }

  private runNow(request: NodeRunRequest, schema: NodeSchema | undefined, onEvent: (event: NodeEvent) => void, signal: AbortSignal): Promise<void> {
    return this.guard([request], schema?.usesDevice === true ? 'device' : 'free', () => this.runner.run(request, onEvent, signal));
  }

  /**
   * Runs work beside what may go on with it; what has been at work when an engine died runs alone the next time.
   * @throws AppError `run.again` when the engine died and it can't be told whose fault it was: the caller restores the inputs and asks again.
   */
  private async guard<T>(requests: readonly NodeRunRequest[], kind: GateKind, work: () => Promise<T>): Promise<T> {
    const [first] = requests as readonly [NodeRunRequest, ...NodeRunRequest[]];
    const alone = requests.every(({ contentKey }) => this.suspects.has(contentKey));
    const outcome = await this.gate.pass(alone ? 'alone' : kind, work);
    if ('value' in outcome) {
      for (const { contentKey } of requests) this.suspects.delete(contentKey);
      return outcome.value;
    }
    const { error } = outcome;
    if (!isDeath(error) || (requests.length === 1 && !outcome.accompanied)) throw error;
    for (const { contentKey } of requests) this.suspects.add(contentKey);
    throw runError('run.again', first.where, 'must be run again by itself', { got: 'the engine process died while several were at work' });
  }

  /** Asks something that can't be what an engine dies of: if it dies meanwhile, the next one is asked. */
  private async ask<T>(question: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await question();
      } catch (error) {
        if (!isDeath(error) || tries === MAX_QUESTIONS) throw error;
      }
    }
  }

  private async release(keys: readonly string[]): Promise<void> {
    try {
      await this.runner.release(keys);
    } catch (error) {
      // A dead engine holds nothing.
      if (!isDeath(error)) throw error;
    }
  }

  private async schemaOf({ type }: NodeRunRequest): Promise<NodeSchema | undefined> {
    this.schemas ??= this.ask(() => this.runner.catalogue()).then((catalogue) => new Map(catalogue.map((schema) => [schema.type, schema])));
    try {
      return (await this.schemas).get(type);
    } catch (error) {
      this.schemas = undefined;
      throw error;
    }
  }
}
