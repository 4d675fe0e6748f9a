import { Pause, Play, RotateCcw, Square } from 'lucide';
import type { VNode } from 'preact';
import type { FleetBatchView } from '../../../contract/fleet.ts';
import type { FleetAction } from '../../../contract/studio-api.ts';
import { NumberInput } from '../batch/source-fields.tsx';
import { Button } from '../kit/button.tsx';
import { useStudio } from '../studio/studio.ts';

/** The batches that a fleet has, from whoever they come. */
export function FleetBatches({ batches }: { readonly batches: readonly FleetBatchView[] }): VNode {
  return (
    <div class="section">
      <h3>Batches</h3>
      {batches.length === 0 && <p class="muted small">No batch is in the queue. Send one from the Batch panel, or with <code>engram batch FILE --queue ADDRESS</code>.</p>}
      {batches.map((batch) => <Batch key={batch.id} batch={batch} />)}
    </div>
  );
}

function Batch({ batch }: { readonly batch: FleetBatchView }): VNode {
  const { client, notices, fleet } = useStudio();
  const { id, name, state, priority, rows, jobs, done, depth } = batch;
  const act = (action: FleetAction) => (): void => void notices.attempt(() => client.call('fleet.act', { id, action })).then(() => fleet.look());
  const setAside = depth.reduce((sum, need) => sum + need.setAside, 0);
  const share = jobs === 0 ? 0 : done / jobs;
  return (
    <article class="card" aria-label={`Fleet batch ${name}`}>
      <div class="row"><b class="grow cut" title={id}>{name}</b><span class="tag">{state === 'open' ? 'at work' : state}</span></div>
      <div class="bar" role="progressbar" aria-label={`Jobs of ${name} that are done`} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(share * 100)}><div style={{ width: `${share * 100}%` }} /></div>
      <div class="small numeric">{done} of {jobs} jobs done{rows === jobs ? '' : `, ${rows} rows`}</div>
      {depth.map(({ need, waiting, active, setAside: aside }) => <div key={need} class="muted small numeric">{need === 'any' ? 'any device' : need}: {waiting} waiting, {active} running{aside === 0 ? '' : `, ${aside} set aside`}</div>)}
      <div class="row wrap">
        {state === 'open' ? <Button icon={Pause} label="Pause" onClick={act('pause')} /> : <Button primary icon={Play} label="Go on" onClick={act('resume')} />}
        {setAside > 0 && <Button icon={RotateCcw} label={`Run ${setAside} set aside again`} onClick={act('retry')} />}
        <Button icon={Square} label="Cancel" onClick={act('cancel')} />
        <label class="row"><span class="muted small">priority</span><NumberInput value={priority} onValue={(value) => { if (Number.isInteger(value)) void notices.attempt(() => client.call('fleet.priority', { id, priority: value })).then(() => fleet.look()); }} /></label>
      </div>
    </article>
  );
}
