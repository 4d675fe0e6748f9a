import { cancelledError, toErrorData, type ErrorData } from '../../contract/errors.ts';
import type { GraphFile } from '../../contract/graph-file.ts';
import type { Artifact, NodeSchema } from '../../contract/node.ts';
import { printValue } from '../../contract/params.ts';
import { isKeptOnDisk } from '../../contract/port-types.ts';
import type { RunEvent, RunReason, RunSummary } from '../../contract/run-events.ts';
import { canonicalJson, changesBetween, contentKey, type Contents, type KeyParts } from './content-key.ts';
import { outputTypes, type NodeRunner, type ValueHandle } from './node-runner.ts';
import { GraphFaults } from './read-graph.ts';
import { neededNodes, targetNodes, validateGraph, type CheckedNode } from './validate.ts';

/** What the executor asks of its surroundings about files. */
export interface RunFiles {
  /** The absolute path of a path param. @throws AppError when it leaves the allowed folders. */
  resolveRead(value: string, where: string): Promise<string>;
  /** Hash over the contents of the file or folder. @throws AppError when it isn't there. */
  fingerprint(path: string, where: string): Promise<string>;
}

/** Remembers the key parts of earlier runs, to say why a node runs again. */
export interface RunMemory {
  recall(nodeId: string): Promise<KeyParts | undefined>;
  remember(nodeId: string, parts: KeyParts): Promise<void>;
}

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
  readonly signal: AbortSignal;
  readonly onEvent: (event: RunEvent) => void;
}

interface NodeRecord { id: string; type: string; ms: number; cached: false | 'memory' | 'disk' }

/** A node with all that is known of it before anything runs. */
interface PreparedNode {
  readonly node: CheckedNode;
  /** Checked params; paths are absolute. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly parts: KeyParts;
  readonly key: string;
}

type Found = 'memory' | 'disk' | 'missing';

/** One run of one graph: keys for all nodes, then back from the targets to see what has to run, then the runs in order. */
class GraphRun {
  private readonly prepared = new Map<string, PreparedNode>();
  /** Nodes that have failed or were skipped, with the node whose failure is the cause. */
  private readonly failed = new Map<string, string>();
  private readonly made = new Set<string>();
  private readonly records: NodeRecord[] = [];
  private readonly outputs: (Artifact & { node: string })[] = [];
  private readonly errors: ErrorData[] = [];
  private readonly canonicalGraph: string;
  private device = '';

  constructor(private readonly options: RunOptions) {
    this.canonicalGraph = canonicalJson(options.graph);
  }

  async run(nodes: readonly CheckedNode[], targets: readonly string[]): Promise<RunSummary> {
    const { onEvent, signal, runner } = this.options;
    const started = performance.now();
    this.device = nodes.some((node) => node.schema.usesDevice === true) ? await runner.deviceKey() : '';
    for (const node of nodes) await this.prepare(node);
    const demanded = await this.demand(nodes, targets);
    const order = nodes.filter((node) => demanded.has(node.id));
    onEvent({ type: 'run-start', nodes: order.map((node) => node.id) });
    for (const [index, node] of order.entries()) {
      if (signal.aborted) break;
      await this.settle(node, demanded.get(node.id) as Found, index, order.length);
    }
    await runner.release([...this.prepared.values()].map(({ key }) => key));
    if (signal.aborted && this.errors.length === 0) this.errors.push(cancelledError(this.options.where).data);
    const status = signal.aborted ? 'cancelled' : this.errors.length > 0 ? 'failed' : 'done';
    onEvent({ type: 'run-end', status, ms: performance.now() - started });
    return { status, nodes: this.records, outputs: this.outputs, errors: this.errors };
  }

  /** Computes a node's key from those of its inputs; a node whose inputs have none is left out. */
  private async prepare(node: CheckedNode): Promise<void> {
    if (Object.values(node.inputs).flat().some((link) => !this.prepared.has(link.node))) return;
    try {
      const { params, parts } = await this.keyParts(node);
      this.prepared.set(node.id, { node, params, parts, key: contentKey(parts) });
    } catch (thrown) {
      this.fail(node, thrown);
    }
  }

  /** Back from the targets: what is found in the cache needs nothing upstream. */
  private async demand(nodes: readonly CheckedNode[], targets: readonly string[]): Promise<Map<string, Found>> {
    const wanted = new Set(targets);
    const demanded = new Map<string, Found>();
    for (const node of [...nodes].reverse()) {
      if (!wanted.has(node.id)) continue;
      const prepared = this.prepared.get(node.id);
      const cacheable = prepared !== undefined && node.schema.sideEffects !== true;
      const found = cacheable ? await this.options.runner.lookup(prepared.key, outputTypes(node.schema)) : 'missing';
      demanded.set(node.id, found);
      if (found === 'missing') for (const link of Object.values(node.inputs).flat()) wanted.add(link.node);
    }
    return demanded;
  }

  private async settle(node: CheckedNode, found: Found, index: number, total: number): Promise<void> {
    if (this.failed.get(node.id) === node.id) return; // told already
    const broken = Object.values(node.inputs).flat().find((link) => this.failed.has(link.node));
    if (broken !== undefined && found === 'missing') {
      const root = this.failed.get(broken.node) as string;
      this.failed.set(node.id, root);
      this.options.onEvent({ type: 'node-skipped', nodeId: node.id, because: `${root} has failed` });
      return;
    }
    const started = performance.now();
    const prepared = this.prepared.get(node.id) as PreparedNode;
    // Two equal nodes of one graph have one key: the second takes what the first has just made.
    const where = found === 'missing' && this.made.has(prepared.key) ? 'memory' : found;
    try {
      if (where === 'missing') await this.runNode(prepared, index, total);
      if (node.schema.sideEffects !== true) this.made.add(prepared.key);
      this.finish(node, started, where === 'missing' ? false : where);
      await this.options.memory.remember(node.id, prepared.parts);
    } catch (thrown) {
      this.fail(node, thrown);
    }
  }

  /**
   * Values can be lost between nodes, when the engine process has died and was started again: what is gone is made once more.
   * What those nodes wrote and warned of was told when they ran first.
   */
  private async restoreInputs({ node }: PreparedNode, index: number, total: number): Promise<void> {
    const { onEvent, runner, signal } = this.options;
    for (const link of Object.values(node.inputs).flat()) {
      const source = this.prepared.get(link.node) as PreparedNode;
      if ((await runner.lookup(source.key, outputTypes(source.node.schema))) !== 'missing') continue;
      await this.restoreInputs(source, index, total);
      const started = performance.now();
      onEvent({ type: 'node-start', nodeId: link.node, index, total, reason: { kind: 'lost' } });
      await runner.run(this.request(source), (event) => { if (event.type === 'progress') this.forward(source.node, event); }, signal);
      onEvent({ type: 'node-done', nodeId: link.node, ms: performance.now() - started, cached: false });
    }
  }

  private async runNode(prepared: PreparedNode, index: number, total: number): Promise<void> {
    const { onEvent, runner, signal } = this.options;
    await this.restoreInputs(prepared, index, total);
    onEvent({ type: 'node-start', nodeId: prepared.node.id, index, total, reason: await this.reason(prepared.node, prepared.parts) });
    await runner.run(this.request(prepared), (event) => { this.forward(prepared.node, event); }, signal);
  }

  private fail(node: CheckedNode, thrown: unknown): void {
    const error: ErrorData = { nodeId: node.id, ...toErrorData(thrown, node.where, 'run') };
    this.failed.set(node.id, node.id);
    this.errors.push(error);
    if (error.kind !== 'cancelled') this.options.onEvent({ type: 'node-error', nodeId: node.id, error, inputs: this.describeInputs(node) });
  }

  private request({ node, params, key }: PreparedNode): Parameters<NodeRunner['run']>[0] {
    const inputs: Record<string, ValueHandle[]> = {};
    for (const [name, links] of Object.entries(node.inputs)) inputs[name] = links.map((link) => ({ key: this.keyOf(link.node), port: link.port }));
    return {
      nodeId: node.id, where: node.where, type: node.schema.type, version: node.schema.version, params, inputs, contentKey: key,
      graph: this.canonicalGraph, outputFolder: this.options.outputFolder,
    };
  }

  private keyOf(nodeId: string): string {
    return (this.prepared.get(nodeId) as PreparedNode).key;
  }

  private finish(node: CheckedNode, started: number, cached: NodeRecord['cached']): void {
    const ms = performance.now() - started;
    this.records.push({ id: node.id, type: node.schema.type, ms, cached });
    this.options.onEvent({ type: 'node-done', nodeId: node.id, ms, cached });
  }

  private forward(node: CheckedNode, event: Parameters<Parameters<NodeRunner['run']>[1]>[0]): void {
    const { onEvent } = this.options;
    const nodeId = node.id;
    switch (event.type) {
      case 'progress': return onEvent({ type: 'node-progress', nodeId, progress: event.progress });
      case 'preview': return onEvent({ type: 'node-preview', nodeId, png: event.png, label: event.label });
      case 'warning': return onEvent({ type: 'node-warning', nodeId, warning: event.warning });
      case 'artifact':
        this.outputs.push({ ...event.artifact, node: nodeId });
        return onEvent({ type: 'artifact', nodeId, artifact: event.artifact });
    }
  }

  private async reason(node: CheckedNode, parts: KeyParts): Promise<RunReason> {
    if (node.schema.sideEffects === true) return { kind: 'side-effects' };
    const before = await this.options.memory.recall(node.id);
    if (before === undefined) return { kind: 'first-run' };
    const changes = changesBetween(before, parts);
    if (changes.length > 0) return { kind: 'changed', changes };
    return Object.values(node.schema.outputs).every(({ type }) => isKeptOnDisk(type)) ? { kind: 'evicted' } : { kind: 'memory-only' };
  }

  /** Params with absolute paths for the run, and the parts of the key, where a path that is read stands for its contents. */
  private async keyParts(node: CheckedNode): Promise<{ params: Record<string, unknown>; parts: KeyParts }> {
    const { files } = this.options;
    const params: Record<string, unknown> = {};
    const keyed: Record<string, unknown> = {};
    for (const [name, schema] of Object.entries(node.schema.params)) {
      const value = node.params[name];
      params[name] = value;
      if (schema.outsideKey !== true) keyed[name] = value;
      if (schema.kind === 'path' && schema.access === 'read') {
        const path = await files.resolveRead(value as string, node.where);
        params[name] = path;
        keyed[name] = { contents: await files.fingerprint(path, node.where) } satisfies Contents;
      }
    }
    const inputs: Record<string, string[]> = {};
    for (const [name, links] of Object.entries(node.inputs)) inputs[name] = links.map((link) => `${this.keyOf(link.node)}.${link.port}`);
    const { type, version } = node.schema;
    return { params, parts: { type, version, params: keyed, inputs, device: node.schema.usesDevice === true ? this.device : null } };
  }

  private describeInputs(node: CheckedNode): Record<string, string> {
    const links = Object.entries(node.inputs).map(([name, from]) => [name, from.map((link) => `${link.node}.${link.port}`).join(', ')] as const);
    return Object.fromEntries([...links, ...Object.entries(node.params).map(([name, value]) => [name, printValue(value)] as const)]);
  }
}

/**
 * Runs what the targets of a graph need, in order, taking from the cache what hasn't changed. A node that fails doesn't stop those that don't need it.
 * @throws GraphFaults before anything runs, when the graph has faults or a target isn't there.
 */
export async function runGraph(options: RunOptions): Promise<RunSummary> {
  const catalogue: readonly NodeSchema[] = await options.runner.catalogue();
  const { graph, faults } = validateGraph(options.graph, catalogue);
  const missing = (options.targets ?? []).filter((id) => !Object.hasOwn(options.graph.nodes, id)).map((id): ErrorData => ({
    code: 'graph.missing-node', kind: 'input', where: options.where, rule: `has no node "${id}"`, hint: `Nodes: ${Object.keys(options.graph.nodes).join(', ')}.`,
  }));
  if (faults.length + missing.length > 0) throw new GraphFaults(options.where, [...faults, ...missing]);
  const targets = targetNodes(graph, options.targets);
  return new GraphRun(options).run(neededNodes(graph, targets), targets);
}
