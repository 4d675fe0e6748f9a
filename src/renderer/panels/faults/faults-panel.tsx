import { CircleAlert, TriangleAlert } from 'lucide';
import type { VNode } from 'preact';
import { describeError, type ErrorData } from '../../../contract/errors.ts';
import type { RunState } from '../../../contract/studio-api.ts';
import { Empty } from '../kit/empty.tsx';
import { Icon } from '../kit/icon.tsx';
import { Panel } from '../kit/panel.tsx';
import { useStudio } from '../studio/studio.ts';

/** One line of the list. */
export interface FaultLine { readonly kind: 'error' | 'warning'; readonly error: ErrorData; readonly source: 'graph' | 'run' }

/** Everything that is wrong: with the graph, and what the last run told; equal ones once. */
export function faultLines(faults: readonly ErrorData[], run: RunState | undefined): readonly FaultLine[] {
  const lines: FaultLine[] = faults.map((error) => ({ kind: 'error', error, source: 'graph' }));
  const nodes = Object.entries(run?.nodes ?? {});
  const seen = new Set(faults.map(describeError));
  const add = (kind: FaultLine['kind'], error: ErrorData): void => {
    const text = describeError(error);
    if (!seen.has(text)) lines.push({ kind, error, source: 'run' });
    seen.add(text);
  };
  for (const [nodeId, { error }] of nodes) if (error) add('error', { nodeId, ...error });
  for (const error of run?.errors ?? []) add('error', error);
  for (const [nodeId, { warnings }] of nodes) for (const warning of warnings) add('warning', { nodeId, ...warning });
  return lines;
}

/** All faults in one list; a press brings the node into view. */
export function FaultsPanel(): VNode {
  const studio = useStudio();
  const lines = faultLines(studio.documents.faults.value, studio.runs.run.value);
  const go = ({ nodeId, port }: ErrorData): void => {
    if (nodeId === undefined) return;
    studio.focusNode(nodeId);
    const schema = studio.documents.view.value.schema(nodeId);
    if (port !== undefined && schema && Object.hasOwn(schema.params, port)) studio.focusParam(nodeId, port);
  };
  return (
    <Panel title="Faults">
      {lines.length === 0 && <Empty>Nothing is wrong with this graph</Empty>}
      <ul class="list">
        {lines.map(({ kind, error, source }, index) => (
          <li key={index}>
            <button type="button" class="list-item" disabled={error.nodeId === undefined} onClick={() => go(error)}>
              <span class={kind === 'error' ? 'error-text' : 'warning-text'}><Icon icon={kind === 'error' ? CircleAlert : TriangleAlert} size={14} /></span>
              <span class="grow"><b>{error.where}</b><br />{describeError(error).slice(error.where.length + 2)}{source === 'run' && <span class="muted small"> In the last run.</span>}</span>
            </button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
