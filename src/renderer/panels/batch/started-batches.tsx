import { FolderOpen, Images, Pause, Pencil, Play, RotateCcw, Square, X } from 'lucide';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { describeError } from '../../../contract/errors.ts';
import type { BatchRow, StudioBatch } from '../../../contract/studio-api.ts';
import { duration } from '../../words.ts';
import { Button } from '../kit/button.tsx';
import { Empty } from '../kit/empty.tsx';
import { when } from '../kit/format.ts';
import { Thumbnail } from '../kit/thumbnail.tsx';
import { useAsked } from '../kit/use-call.ts';
import { useStudio } from '../studio/studio.ts';
import { NumberInput } from './source-fields.tsx';

const ROWS = 50;

const STATES: Readonly<Record<StudioBatch['state'], string>> = {
  waiting: 'waits', planning: 'is being planned', running: 'running', pausing: 'pauses after these rows', paused: 'paused', interrupted: 'left from the last session', stopped: 'stopped', cancelled: 'cancelled', done: 'done',
};
/** States from which a batch goes on when it is told to. */
const CAN_GO_ON: ReadonlySet<StudioBatch['state']> = new Set(['paused', 'pausing', 'interrupted', 'stopped', 'cancelled']);
const AT_WORK: ReadonlySet<StudioBatch['state']> = new Set(['planning', 'running', 'pausing', 'paused']);

/** The batches that were started, last one first. */
export function StartedBatches(): VNode {
  const { batches } = useStudio();
  const list = batches.started.value;
  if (list.length === 0) return <Empty>Batches that you start are shown here, and are still here after a restart</Empty>;
  return <>{list.map((batch) => <BatchCard key={batch.id} batch={batch} />)}</>;
}

function BatchCard({ batch }: { readonly batch: StudioBatch }): VNode {
  const { counts, state, error, warnings, running } = batch;
  const share = counts === undefined || counts.total === 0 ? 0 : (counts.done + counts.failed + counts.cancelled) / counts.total;
  const isBad = state === 'stopped' || (state === 'done' && (counts?.failed ?? 0) > 0);
  return (
    <article class="card batch" aria-label={`Batch ${batch.name}`} data-state={state}>
      <div class="row"><b class="grow cut" title={batch.path}>{batch.name}</b><span class={isBad ? 'tag error' : state === 'interrupted' ? 'tag warning' : 'tag'}>{STATES[state]}</span></div>
      <div class="bar" role="progressbar" aria-label={`Rows of ${batch.name} that are over`} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(share * 100)}><div style={{ width: `${share * 100}%` }} /></div>
      <div class="small numeric batch-counts" role="status">{countsText(batch)}</div>
      <div class="muted small cut" title={batch.outputFolder}>{when(batch.addedAt, Date.now())}{batch.fleet === null ? '' : `, on ${batch.fleet}`}{batch.ms === undefined ? '' : `, took ${duration(batch.ms / 1000)}`}, {batch.outputFolder}</div>
      {running.slice(0, 4).map((row) => <div key={row.row} class="small numeric cut">row {row.row}: {row.output}{row.total === undefined ? '' : `, ${row.done ?? 0}/${row.total}`}</div>)}
      {running.length > 4 && <div class="muted small">and {running.length - 4} more rows under way</div>}
      {error && <div class="message error">{describeError(error)}</div>}
      {warnings.slice(-3).map((warning, index) => <div key={index} class="message warning">{describeError(warning)}</div>)}
      <Recent batch={batch} />
      <Tools batch={batch} />
      <Rows batch={batch} />
    </article>
  );
}

function countsText({ counts, secondsLeft, secondsPerRow, state }: StudioBatch): string {
  if (counts === undefined) return '';
  const { done, total, failed, cancelled } = counts;
  const pace = secondsPerRow === undefined ? '' : `, ${duration(secondsPerRow)} per row`;
  const left = secondsLeft === undefined || state !== 'running' ? '' : `, ${duration(secondsLeft)} left`;
  return `${done} of ${total} done${failed === 0 ? '' : `, ${failed} failed`}${cancelled === 0 ? '' : `, ${cancelled} cancelled`}${pace}${left}`;
}

function Recent({ batch: { recent } }: { readonly batch: StudioBatch }): VNode | null {
  const { viewing } = useStudio();
  if (recent.length === 0) return null;
  return (
    <div class="strip">
      {recent.map((result, index) => <button key={result} type="button" class="button quiet" aria-label={`Look at picture ${index + 1} of the last ones`} onClick={() => { viewing.value = { results: recent, index }; }}><Thumbnail result={result} size={128} alt="" /></button>)}
    </div>
  );
}

function Tools({ batch }: { readonly batch: StudioBatch }): VNode {
  const { client, notices, batches, info } = useStudio();
  const { id, state, counts, gallery, outputFolder } = batch;
  const act = (work: () => Promise<unknown>) => (): void => void notices.attempt(work).then(() => batches.refresh());
  const copy = (path: string): void => void notices.attempt(() => navigator.clipboard.writeText(path)).then(() => notices.tell(`Copied ${path}`));
  const show = (what: 'folder' | 'gallery', path: string) => (): void => (info.shell === 'desktop' ? act(() => client.call('batches.reveal', { id, what }))() : copy(path));
  const verb = info.shell === 'desktop' ? 'Show' : 'Copy the path of';
  return (
    <div class="row wrap">
      {(state === 'running' || state === 'planning') && <Button icon={Pause} label="Pause" disabled={state === 'planning'} onClick={act(() => client.call('batches.pause', { id }))} />}
      {CAN_GO_ON.has(state) && <Button primary={state !== 'pausing'} icon={Play} label="Go on" onClick={act(() => client.call('batches.resume', { id }))} />}
      {(counts?.failed ?? 0) > 0 && <Button icon={RotateCcw} label={`Run ${counts?.failed ?? 0} failed again`} onClick={act(() => client.call('batches.retryFailed', { id }))} />}
      {(AT_WORK.has(state) || state === 'waiting') && <Button icon={Square} label="Cancel" onClick={act(() => client.call('batches.cancel', { id }))} />}
      {state === 'waiting' && <label class="row"><span class="muted small">priority</span><NumberInput value={batch.priority} onValue={(priority) => { if (Number.isInteger(priority)) act(() => client.call('batches.priority', { id, priority }))(); }} /></label>}
      <span class="grow" />
      {gallery !== null && <Button quiet icon={Images} label={`${verb} the gallery page`} onClick={show('gallery', gallery)} />}
      <Button quiet icon={FolderOpen} label={`${verb} the outputs' folder`} onClick={show('folder', outputFolder)} />
      <Button quiet icon={Pencil} label="Open the batch in the form" onClick={() => void batches.open(batch.path)} />
      {!AT_WORK.has(state) && <Button quiet icon={X} label="Take off the list; outputs stay" onClick={act(() => client.call('batches.remove', { id }))} />}
    </div>
  );
}

const SHOWN: Readonly<Record<string, readonly BatchRow['state'][] | undefined>> = { 'that failed': ['failed'], 'that wait': ['waiting', 'running'], 'that are done': ['done'], 'all': undefined };

/** The rows of a batch, read from its journal when they are asked for. */
function Rows({ batch }: { readonly batch: StudioBatch }): VNode | null {
  const failed = batch.counts?.failed ?? 0;
  const [open, setOpen] = useState(false);
  if (batch.state === 'waiting' || batch.state === 'planning') return null;
  const shown = open || (failed > 0 && batch.state === 'done');
  return (
    <details open={shown} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary class="small">Rows</summary>
      {shown && <RowList batch={batch} first={failed > 0 ? 'that failed' : 'all'} />}
    </details>
  );
}

function RowList({ batch, first }: { readonly batch: StudioBatch; readonly first: string }): VNode {
  const { client } = useStudio();
  const [which, setWhich] = useState(first);
  const [page, setPage] = useState(0);
  const over = (batch.counts?.done ?? 0) + (batch.counts?.failed ?? 0);
  const states = SHOWN[which];
  const { value, error } = useAsked(() => client.call('batches.rows', { id: batch.id, ...(states === undefined ? {} : { states: [...states] }), offset: page * ROWS, limit: ROWS }), [batch.id, which, page, over, batch.state]);
  return (
    <div class="stack">
      <label class="row"><span class="muted small">Rows</span><select value={which} onChange={(event) => { setWhich(event.currentTarget.value); setPage(0); }}>{Object.keys(SHOWN).map((name) => <option key={name}>{name}</option>)}</select><span class="muted small numeric">{value?.total ?? ''}</span></label>
      {error && <div class="message error">{describeError(error)}</div>}
      {value && value.rows.length > 0 && <RowTable rows={value.rows} />}
      {value && value.total > ROWS && (
        <div class="row"><Button label="Before" disabled={page === 0} onClick={() => setPage(page - 1)} /><span class="small numeric">{page * ROWS + 1} to {Math.min(value.total, (page + 1) * ROWS)}</span><Button label="After" disabled={(page + 1) * ROWS >= value.total} onClick={() => setPage(page + 1)} /></div>
      )}
    </div>
  );
}

function RowTable({ rows }: { readonly rows: readonly BatchRow[] }): VNode {
  return (
    <div class="batch-rows" tabIndex={0} role="group" aria-label="Rows of the batch">
      <table class="table">
        <thead><tr><th class="number">row</th><th>file</th><th>state</th></tr></thead>
        <tbody>{rows.map(({ row, output, labels, state, seconds, attempts, error }) => (
          <tr key={row} title={Object.entries(labels).map(([axis, label]) => `${axis}: ${label}`).join('\n')}>
            <td class="number">{row}</td><td><span class="cut">{output}</span>{error && <span class="error-text">{describeError(error)}{attempts > 1 ? `, ${attempts} tries` : ''}</span>}</td><td class="numeric">{state}{state === 'done' && seconds !== undefined ? `, ${duration(seconds)}` : ''}</td>
          </tr>))}</tbody>
      </table>
    </div>
  );
}
