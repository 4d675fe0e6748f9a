import type { Artifact } from '../../../contract/node.ts';
import type { RunEvent } from '../../../contract/run-events.ts';
import { withFigures, withSample } from '../../../contract/studio/figures.ts';
import type { NodeRunState, RunState, StudioRunEvent } from '../../../contract/studio-api.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface RunSubject {
  readonly runId: string;
  readonly name: string;
  readonly path: string | null;
  readonly document: string | null;
}

function emptyNode(): NodeRunState {
  return { state: 'waiting', curves: {}, warnings: [], artifacts: [] };
}

/** What has happened in a run so far, kept so that a window that connects later can draw it. */
export class RunTracker {
  private readonly nodes: Record<string, Mutable<NodeRunState>> = {};
  private readonly current: Mutable<RunState>;

  /** @param resultId The id under which a file that the run has made can be asked for. */
  constructor(readonly subject: RunSubject, private readonly resultId: (nodeId: string, artifact: Artifact) => string, private readonly now: () => number = Date.now) {
    this.current = { ...subject, status: 'waiting', sequence: 0, order: [], nodes: this.nodes, errors: [] };
  }

  /** A copy of the state as it is now. */
  state(): RunState {
    return structuredClone(this.current);
  }

  get sequence(): number {
    return this.current.sequence;
  }

  /** The node that runs now. */
  get runningNode(): string | undefined {
    return Object.keys(this.nodes).find((id) => this.nodes[id]?.state === 'running');
  }

  /** Time that each node took which really ran, in milliseconds. */
  measured(): Map<string, number> {
    return new Map(Object.entries(this.nodes).flatMap(([id, { state, cached, ms }]) => (state === 'done' && cached === false && ms !== undefined ? [[id, ms] as const] : [])));
  }

  /** Notes an event of the executor and gives it as windows get it. */
  apply(event: RunEvent): StudioRunEvent {
    const told = this.translate(event);
    this.note(told);
    return told;
  }

  /** Notes what the studio itself has to say. */
  note(event: StudioRunEvent): void {
    this.current.sequence += 1;
    switch (event.type) {
      case 'run-start': return this.started(event.nodes);
      case 'run-paused': this.current.status = event.paused ? 'paused' : 'running'; return;
      case 'run-end': Object.assign(this.current, { status: event.status, ms: event.ms }); return this.settle();
      default: return this.noteNode(event);
    }
  }

  private started(order: readonly string[]): void {
    this.current.startedAt ??= this.now();
    Object.assign(this.current, { status: 'running', order: [...order] });
    // A run that goes on after a pause keeps what its nodes have told.
    for (const id of order) this.node(id);
  }

  private noteNode(event: Exclude<StudioRunEvent, { type: 'run-start' | 'run-paused' | 'run-end' }>): void {
    const node = this.node(event.nodeId);
    switch (event.type) {
      case 'node-start': Object.assign(node, { state: 'running', reason: event.reason, startedAt: this.now() }); return;
      case 'node-progress': Object.assign(node, { progress: event.progress, curves: withFigures(node.curves, event.progress) }); return;
      case 'node-preview':
        node.preview = { picture: event.picture, label: event.label };
        if (event.step !== undefined) node.samples = withSample(node.samples ?? [], { ...node.preview, step: event.step });
        return;
      case 'node-warning': node.warnings.push(event.warning); return;
      case 'node-done': Object.assign(node, { state: 'done', ms: event.ms, cached: event.cached, ...(event.findings === undefined ? {} : { findings: event.findings }) }); return;
      case 'node-error':
        Object.assign(node, { state: 'failed', error: event.error, inputs: event.inputs });
        this.current.errors.push(event.error);
        return;
      case 'node-skipped': Object.assign(node, { state: 'skipped', because: event.because }); return;
      case 'artifact': node.artifacts.push(event.artifact); return;
    }
  }

  /** Nodes that were on their way when the run ended have not come to an end themselves. */
  private settle(): void {
    for (const node of Object.values(this.nodes)) if (node.state === 'running') node.state = 'waiting';
  }

  private node(id: string): Mutable<NodeRunState> {
    const known = Object.hasOwn(this.nodes, id) ? this.nodes[id] : undefined;
    return known ?? (this.nodes[id] = emptyNode());
  }

  private translate(event: RunEvent): StudioRunEvent {
    switch (event.type) {
      case 'run-start': return { ...event, nodes: [...event.nodes] };
      case 'node-start': return { ...event, reason: event.reason.kind === 'changed' ? { ...event.reason, changes: [...event.reason.changes] } : event.reason };
      case 'node-progress': return { ...event, progress: structuredClone(event.progress) };
      case 'node-preview': return { type: 'node-preview', nodeId: event.nodeId, label: event.label, ...(event.step === undefined ? {} : { step: event.step }), picture: { type: 'image/png', base64: Buffer.from(event.png).toString('base64') } };
      case 'node-error': return { ...event, inputs: { ...event.inputs } };
      case 'node-done': {
        const { findings, ...done } = event;
        return findings === undefined ? done : { ...done, findings: [...findings] };
      }
      case 'artifact': return { ...event, artifact: { ...event.artifact, result: this.resultId(event.nodeId, event.artifact) } };
      default: return event;
    }
  }
}
