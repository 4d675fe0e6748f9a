import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { Panel } from '../kit/panel.tsx';
import { Tabs } from '../kit/tabs.tsx';
import { useStudio } from '../studio/studio.ts';
import { BatchForm, BatchStart } from './batch-form.tsx';
import { StartedBatches } from './started-batches.tsx';

const PAGES = ['Set up', 'Started'] as const;

/** Batches: what is to be rendered, what that comes to, and how those stand that were started. */
export function BatchPanel(): VNode {
  const { batches } = useStudio();
  const page = batches.page.value;
  const draft = batches.draft.value;
  const { length } = batches.started.value;
  useEffect(() => void batches.refresh(), []);
  return (
    <Panel title="Batch">
      <Tabs label="Batch" tabs={PAGES} value={page} onChange={(next) => { batches.page.value = next; }} note={(tab) => (tab === 'Started' && length > 0 ? ` (${length})` : '')} />
      <div role="tabpanel" aria-label={page}>
        {page === 'Started' ? <StartedBatches /> : draft === undefined ? <BatchStart /> : <BatchForm draft={draft} />}
      </div>
    </Panel>
  );
}
