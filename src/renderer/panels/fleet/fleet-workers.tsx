import type { VNode } from 'preact';
import type { FleetWorkerView } from '../../../contract/fleet.ts';

const STATES: Readonly<Record<FleetWorkerView['state'], string>> = { idle: 'idle', busy: 'busy', stopping: 'stopping', waiting: 'waits', lost: 'lost' };

/** The machines that render. */
export function FleetWorkers({ workers }: { readonly workers: readonly FleetWorkerView[] }): VNode {
  return (
    <div class="section">
      <h3>Workers</h3>
      {workers.length === 0 && <p class="muted small">No worker is there. Start one with <code>engram worker --queue ADDRESS --store FOLDER</code>.</p>}
      {workers.map((worker) => <Worker key={worker.id} worker={worker} />)}
    </div>
  );
}

function Worker({ worker }: { readonly worker: FleetWorkerView }): VNode {
  const { name, device, deviceKey, program, state, batch, progress, rowsDone, rowsFailed, rowsPerHour, because, cannot, seenSecondsAgo } = worker;
  return (
    <article class="card" aria-label={`Worker ${name}`}>
      <div class="row"><b class="grow cut">{name}</b><span class="tag" title={`${deviceKey}, program ${program}`}>{device}</span><span class={state === 'lost' ? 'tag error' : state === 'waiting' ? 'tag warning' : 'tag'}>{STATES[state]}</span></div>
      <div class="small numeric">{rowsDone} rows done{rowsFailed === 0 ? '' : `, ${rowsFailed} failures`}{rowsPerHour === undefined ? '' : `, ${rowsPerHour} rows an hour`}{state === 'lost' ? `, last seen ${Math.round(seenSecondsAgo)} s ago` : ''}</div>
      {batch !== undefined && <div class="muted small cut">works on {batch}{progress === undefined || progress.total === 1 ? '' : `, ${progress.done} of ${progress.total} rows`}{progress?.steps === undefined ? '' : `, step ${progress.step ?? 0} of ${progress.steps}`}</div>}
      {because !== undefined && <div class="message warning">{because}</div>}
      {cannot.map((each) => <div key={each.batch} class="message warning">Can't serve {each.batch}: {each.reason}</div>)}
    </article>
  );
}
