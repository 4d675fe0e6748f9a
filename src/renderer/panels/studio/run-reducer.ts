import { withFigures, withSample } from '../../../contract/studio/figures.ts';
import type { NodeRunState, RunState, StudioRunEvent } from '../../../contract/studio-api.ts';

/** A run that has just been heard of. */
export function newRun(runId: string, document: string | null): RunState {
  return { runId, name: '', path: null, document, status: 'running', sequence: 0, order: [], nodes: {}, errors: [] };
}

/** What is known of a run after one more event. Nodes that the event is not about stay the same objects. `now`: Unix milliseconds. */
export function applyRunEvent(run: RunState, event: StudioRunEvent, now: number): RunState {
  switch (event.type) {
    case 'run-start': {
      const waiting: NodeRunState = { state: 'waiting', curves: {}, warnings: [], artifacts: [] };
      return { ...run, status: 'running', startedAt: now, order: event.nodes, nodes: fromEntries(event.nodes.map((id) => [id, nodeOf(run, id) ?? waiting])) };
    }
    case 'node-start': return withNode(run, event.nodeId, { state: 'running', reason: event.reason, startedAt: now });
    case 'node-progress': return withNode(run, event.nodeId, { state: 'running', progress: event.progress, curves: withFigures(nodeOf(run, event.nodeId)?.curves ?? {}, event.progress) });
    case 'node-preview': {
      const preview = { picture: event.picture, label: event.label };
      const samples = nodeOf(run, event.nodeId)?.samples;
      return withNode(run, event.nodeId, event.step === undefined ? { preview } : { preview, samples: withSample(samples ?? [], { ...preview, step: event.step }) });
    }
    case 'node-warning': return withNode(run, event.nodeId, { warnings: [...nodeOf(run, event.nodeId)?.warnings ?? [], event.warning] });
    case 'node-done': return withNode(run, event.nodeId, { state: 'done', ms: event.ms, cached: event.cached, ...(event.findings === undefined ? {} : { findings: event.findings }) });
    case 'node-error': return { ...withNode(run, event.nodeId, { state: 'failed', error: event.error, inputs: event.inputs }), errors: [...run.errors, event.error] };
    case 'node-skipped': return withNode(run, event.nodeId, { state: 'skipped', because: event.because });
    case 'artifact': return withNode(run, event.nodeId, { artifacts: [...nodeOf(run, event.nodeId)?.artifacts ?? [], event.artifact] });
    case 'run-paused': return { ...run, status: event.paused ? 'paused' : 'running' };
    case 'run-end': return { ...run, status: event.status, ms: event.ms };
  }
}

/** What is known of a node; ids such as `constructor` find nothing that the run has not told. */
export function nodeOf(run: RunState, id: string): NodeRunState | undefined {
  return Object.hasOwn(run.nodes, id) ? run.nodes[id] : undefined;
}

/**
 * What a node is doing or has come to; undefined when nothing happened to it. Once a run is over nothing waits or works any more:
 * what was waiting was never begun, and what was working was cancelled.
 */
export function shownState(run: RunState['status'] | undefined, node: NodeRunState | undefined): NodeRunState['state'] | 'cancelled' | undefined {
  const ended = run === 'cancelled' || run === 'interrupted' || run === 'failed';
  if (!ended || node === undefined) return node?.state;
  return node.state === 'waiting' ? undefined : node.state === 'running' ? 'cancelled' : node.state;
}

function withNode(run: RunState, id: string, change: Partial<NodeRunState>): RunState {
  const before: NodeRunState = nodeOf(run, id) ?? { state: 'waiting', curves: {}, warnings: [], artifacts: [] };
  return { ...run, nodes: fromEntries([...Object.entries(run.nodes), [id, { ...before, ...change }]]) };
}

function fromEntries<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  return Object.fromEntries(entries);
}
