import { AppError, cancelledError, toErrorData, type ErrorData } from '../../contract/errors.ts';
import type { GraphFile } from '../../contract/graph-file.ts';
import type { Artifact } from '../../contract/node.ts';
import { printValue } from '../../contract/params.ts';
import { isTold } from '../../contract/port-types.ts';
import type { RunEvent, RunSummary } from '../../contract/run-events.ts';
import type { Finding } from '../../contract/value-description.ts';
import { canonicalJson } from './content-key.ts';
import { demandedNodes, runReason, type Found, type RunMemory } from './demand.ts';
import { outputTypes, type NodeEvent, type NodeRunner } from './node-runner.ts';
import { linkedNodes, planGraph, type GraphPlan, type PlannedNode, type RunFiles } from './plan-graph.ts';
import { runRequest } from './run-request.ts';
import type { CheckedNode } from './validate.ts';

export type { RunMemory } from './demand.ts';

export interface RunOptions {
  readonly graph: GraphFile;
  /** For messages: the graph file's name. */
  readonly where: string;
  readonly runner: NodeRunner;
  readonly files: RunFiles;
  readonly memory: RunMemory;
  readonly outputFolder: string;
  /** Node ids to run for; all nodes with side effects when left out. */
  readonly targets?: readonly string[];
  /** What the run comes down to, if it was planned already, with the same graph, files and targets. */
  readonly plan?: GraphPlan;
  readonly signal: AbortSignal;
  /** Somebody looks on while it runs: nodes show pictures of what they work on. */
  readonly watched?: boolean;
  readonly onEvent: (event: RunEvent) => void;
}

interface NodeRecord { id: string; type: string; ms: number; cached: false | 'memory' | 'disk' }

/** Codes of errors after which values that were there may be gone, so that they are made once more. */
const LOST: ReadonlySet<string> = new Set(['values.missing', 'run.again']);

/** How often a node is tried while its inputs get lost: each time an engine process has died of something else. */
const MAX_TRIES = 100;

/** One run of one planned graph: back from the targets to see what has to run, then the runs in order. */
class GraphRun {
  /** Nodes that have failed or were skipped, with the node whose failure is the cause. */
  private readonly failed = new Map<string, string>();
  private readonly made = new Set<string>();
  private readonly records: NodeRecord[] = [];
  private outputs: (Artifact & { node: string })[] = [];
  private readonly errors: ErrorData[] = [];
  private readonly canonicalGraph: string;

  constructor(private readonly options: RunOptions, private readonly plan: GraphPlan) {
    this.canonicalGraph = canonicalJson(options.graph);
  }

  async run(): Promise<RunSummary> {
    const { onEvent, signal, runner } = this.options;
    const started = performance.now();
    for (const { node, error } of this.plan.failures) this.fail(node, error);
    const demanded = await demandedNodes(this.plan, runner);
    const order = this.plan.needed.filter((node) => demanded.has(node.id));
    onEvent({ type: 'run-start', nodes: order.map((node) => node.id) });
    for (const [index, node] of order.entries()) {
      if (signal.aborted) break;
      await this.settle(node, demanded.get(node.id) as Found, index, order.length);
    }
    await runner.release([...this.plan.nodes.values()].map(({ key }) => key));
    if (signal.aborted && this.errors.length === 0) this.errors.push(cancelledError(this.options.where).data);
    const status = signal.aborted ? 'cancelled' : this.errors.length > 0 ? 'failed' : 'done';
    onEvent({ type: 'run-end', status, ms: performance.now() - started });
    return { status, nodes: this.records, outputs: this.outputs, errors: this.errors };
  }

  private async settle(node: CheckedNode, found: Found, index: number, total: number): Promise<void> {
    if (this.failed.get(node.id) === node.id) return; // told already
    const broken = linkedNodes(node).find((id) => this.failed.has(id));
    if (broken !== undefined && found === 'missing') {
      const root = this.failed.get(broken) as string;
      this.failed.set(node.id, root);
      this.options.onEvent({ type: 'node-skipped', nodeId: node.id, because: `${root} has failed` });
      return;
    }
    const started = performance.now();
    const planned = this.plan.nodes.get(node.id) as PlannedNode;
    // Two equal nodes of one graph have one key: the second takes what the first has just made.
    const where = found === 'missing' && this.made.has(planned.key) ? 'memory' : found;
    try {
      if (where === 'missing') await this.runNode(planned, index, total);
      if (node.schema.sideEffects !== true) this.made.add(planned.key);
      this.finish(node, started, where === 'missing' ? false : where, await this.findingsOf(planned));
      await this.options.memory.remember(node.id, planned.parts);
    } catch (thrown) {
      this.fail(node, toErrorData(thrown, node.where, 'run'));
    }
  }

  /**
   * Values can be lost between nodes, when the engine process has died and was started again: what is gone is made once more.
   * What those nodes wrote and warned of was told when they ran first.
   */
  private async restoreInputs({ node }: PlannedNode, index: number, total: number): Promise<void> {
    const { onEvent, runner } = this.options;
    for (const id of linkedNodes(node)) {
      const source = this.plan.nodes.get(id) as PlannedNode;
      if ((await runner.lookup(source.key, outputTypes(source.schema))) !== 'missing') continue;
      const started = performance.now();
      const start = (): void => onEvent({ type: 'node-start', nodeId: id, index, total, reason: { kind: 'lost' } });
      await this.make(source, index, total, start, (event) => { if (event.type === 'progress') this.forward(source.node, event); });
      onEvent({ type: 'node-done', nodeId: id, ms: performance.now() - started, cached: false });
    }
  }

  private async runNode(planned: PlannedNode, index: number, total: number): Promise<void> {
    const reason = await runReason(planned.node, planned.parts, this.options.memory);
    const start = (): void => this.options.onEvent({ type: 'node-start', nodeId: planned.id, index, total, reason });
    await this.make(planned, index, total, start, (event) => { this.forward(planned.node, event); });
  }

  /** Runs a node on inputs that are there; when they get lost on the way, once more. */
  private async make(planned: PlannedNode, index: number, total: number, start: () => void, onEvent: (event: NodeEvent) => void): Promise<void> {
    const { runner, signal } = this.options;
    for (let tries = 1; ; tries += 1) {
      await this.restoreInputs(planned, index, total);
      if (tries === 1) start();
      try {
        return await runner.run(runRequest(planned, this.plan, this.canonicalGraph, this.options.outputFolder, this.options.watched), onEvent, signal);
      } catch (thrown) {
        const lost = thrown instanceof AppError && LOST.has(thrown.data.code);
        if (!lost || tries === MAX_TRIES || signal.aborted) throw thrown;
        // It tells of what it writes once more.
        this.outputs = this.outputs.filter(({ node }) => node !== planned.id);
      }
    }
  }

  private fail(node: CheckedNode, thrown: ErrorData): void {
    const error: ErrorData = { nodeId: node.id, ...thrown };
    this.failed.set(node.id, node.id);
    this.errors.push(error);
    if (error.kind !== 'cancelled') this.options.onEvent({ type: 'node-error', nodeId: node.id, error, inputs: describeInputs(node) });
  }

  /** What the reports of a node say. One that can't be read is no reason to fail a run that went well. */
  private async findingsOf({ key, schema }: PlannedNode): Promise<readonly Finding[]> {
    const ports = Object.entries(schema.outputs).filter(([, { type }]) => isTold(type));
    return Promise.all(ports.map(async ([port, { type }]) => {
      const { title = port, facts } = await this.options.runner.describe({ key, port }, type);
      return { title, facts };
    })).catch(() => []);
  }

  private finish(node: CheckedNode, started: number, cached: NodeRecord['cached'], findings: readonly Finding[]): void {
    const ms = performance.now() - started;
    this.records.push({ id: node.id, type: node.schema.type, ms, cached });
    this.options.onEvent({ type: 'node-done', nodeId: node.id, ms, cached, ...(findings.length === 0 ? {} : { findings }) });
  }

  private forward(node: CheckedNode, event: NodeEvent): void {
    const { onEvent } = this.options;
    const nodeId = node.id;
    switch (event.type) {
      case 'progress': return onEvent({ type: 'node-progress', nodeId, progress: event.progress });
      case 'preview': return onEvent({ ...event, type: 'node-preview', nodeId });
      case 'warning': return onEvent({ type: 'node-warning', nodeId, warning: event.warning });
      case 'artifact':
        this.outputs.push({ ...event.artifact, node: nodeId });
        return onEvent({ type: 'artifact', nodeId, artifact: event.artifact });
    }
  }
}

function describeInputs(node: CheckedNode): Record<string, string> {
  const links = Object.entries(node.inputs).map(([name, from]) => [name, from.map((link) => `${link.node}.${link.port}`).join(', ')] as const);
  return Object.fromEntries([...links, ...Object.entries(node.params).map(([name, value]) => [name, printValue(value)] as const)]);
}

/**
 * Runs what the targets of a graph need, in order, taking from the cache what hasn't changed. A node that fails doesn't stop those that don't need it.
 * @throws GraphFaults before anything runs, when the graph has faults or a target isn't there.
 */
export async function runGraph(options: RunOptions): Promise<RunSummary> {
  const { graph, where, files, targets, runner } = options;
  const plan = options.plan ?? await planGraph({
    graph, where, files, catalogue: await runner.catalogue(), deviceKey: () => runner.deviceKey(), ...(targets === undefined ? {} : { targets }),
  });
  return new GraphRun(options, plan).run();
}
