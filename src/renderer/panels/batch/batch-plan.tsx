import { Play, RefreshCw } from 'lucide';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { describeError } from '../../../contract/errors.ts';
import type { BatchPlanView } from '../../../contract/studio-api.ts';
import { duration } from '../../words.ts';
import { Button } from '../kit/button.tsx';
import { bytes } from '../kit/format.ts';
import type { Draft } from '../studio/batches.ts';
import { useStudio } from '../studio/studio.ts';
import { LabelledField } from './source-fields.tsx';

const MOST_FAULTS = 20;

type Summary = BatchPlanView['summary'];

/** What the batch comes to before anything is started: runs, what is shared, time and disk, the first rows; then its start. */
export function BatchPlanSection({ draft }: { readonly draft: Draft }): VNode {
  const { batches } = useStudio();
  const { plan, faults, loading, stale } = batches.planned.value;
  return (
    <div class="section" aria-busy={loading}>
      <div class="row"><h3 class="grow section-title">What it comes to</h3><Button quiet icon={RefreshCw} label="Work it out again" disabled={loading} onClick={() => void batches.plan()} /></div>
      {stale && <div class="message warning">This large batch has changed since: work it out again.</div>}
      {faults.slice(0, MOST_FAULTS).map((fault, index) => <div key={index} class="message error" role="alert">{describeError(fault)}</div>)}
      {faults.length > MOST_FAULTS && <p class="muted small">and {faults.length - MOST_FAULTS} more faults</p>}
      {plan && <Sum plan={plan} />}
      {plan && <FirstRows summary={plan.summary} />}
      <StartLine key={draft.path} rows={plan?.summary.rows} done={plan?.before?.done ?? 0} ready={plan !== undefined} />
    </div>
  );
}

function Sum({ plan: { summary, before, outputFolder } }: { readonly plan: BatchPlanView }): VNode {
  const studio = useStudio();
  const { estimates, groups, rows, duplicates, shared, width, notices } = summary;
  const titleOf = (type: string): string => studio.documents.view.value.catalogue.schemas.find((schema) => schema.type === type)?.title ?? type;
  const once = shared.filter(({ runs, of }) => runs < of);
  return (
    <>
      <dl class="facts">
        <dt>Runs</dt><dd class="numeric"><b>{rows}</b>{groups.length === 0 ? '' : ` = ${groups.map((group) => group.map(({ axis, values }) => `${values} ${axis}`).join(' with ')).join(' × ')}`}{duplicates > 0 ? `, ${duplicates} equal ones left out` : ''}</dd>
        <dt>Time</dt><dd class="numeric">{estimates.seconds === undefined ? 'not known before a row of this graph was measured here' : `about ${duration(estimates.seconds)}`}</dd>
        <dt>Disk</dt><dd class="numeric">{estimates.bytes === undefined ? 'not known yet' : `about ${bytes(estimates.bytes)}`}</dd>
        {estimates.seconds !== undefined && <><dt>Rests on</dt><dd class="numeric">{estimates.measuredRows} rows measured</dd></>}
        <dt>Computed once for many</dt><dd class="numeric">{once.length === 0 ? 'nothing' : once.map(({ type, runs, of }) => `${titleOf(type)} ${runs} instead of ${of}`).join(', ')}</dd>
        <dt>Side by side</dt><dd class="numeric">{width === 1 ? 'one image at a time' : `up to ${width} images per run of the model`}</dd>
        <dt>Outputs</dt><dd>{outputFolder}</dd>
        {before && <><dt>Already there</dt><dd class="numeric">{before.done} rows are done{before.changes === null ? '' : `; ${before.changes}`}</dd></>}
      </dl>
      {notices.map((notice, index) => <div key={index} class="message">{describeError(notice)}</div>)}
    </>
  );
}

function FirstRows({ summary: { first, rows, groups } }: { readonly summary: Summary }): VNode {
  const axes = groups.flatMap((group) => group.map(({ axis }) => axis));
  return (
    <div class="batch-rows" tabIndex={0} role="group" aria-label="The first rows">
      <table class="table">
        <thead><tr><th class="number">row</th>{axes.map((axis) => <th key={axis}>{axis}</th>)}<th>file</th></tr></thead>
        <tbody>{first.map(({ row, output, labels }) => <tr key={row}><td class="number">{row}</td>{axes.map((axis) => <td key={axis}><span class="cut" title={labels[axis]}>{labels[axis]}</span></td>)}<td><span class="cut" title={output}>{output}</span></td></tr>)}</tbody>
      </table>
      {rows > first.length && <p class="muted small">and {rows - first.length} more</p>}
    </div>
  );
}

/** Where it runs, where outputs go, and the start. */
function StartLine({ rows, done, ready }: { readonly rows: number | undefined; readonly done: number; readonly ready: boolean }): VNode {
  const studio = useStudio();
  const { batches, fleet, preferences } = studio;
  const [place, setPlace] = useState<'here' | 'fleet'>('here');
  const [starting, setStarting] = useState(false);
  const address = fleet.view.value?.redis.address;
  const onFleet = place === 'fleet' && address !== undefined;
  const store = preferences.values.fleetStore;
  const start = (): void => {
    setStarting(true);
    void batches.start(onFleet ? store.value : undefined).finally(() => setStarting(false));
  };
  return (
    <div class="batch-start">
      <div class="batch-fields">
        <LabelledField title="Folder for outputs"><input type="text" value={batches.folder.value} placeholder="the batch's name" maxLength={100} spellcheck={false} onInput={(event) => batches.setFolder(event.currentTarget.value)} /></LabelledField>
        <LabelledField title="Runs on"><select value={place} onChange={(event) => {
          setPlace(event.currentTarget.value === 'fleet' ? 'fleet' : 'here');
          if (event.currentTarget.value === 'fleet' && address === undefined) studio.showDock('fleet');
        }}><option value="here">this machine</option><option value="fleet">{address === undefined ? 'a fleet…' : `the fleet at ${address}`}</option></select></LabelledField>
        {onFleet && <LabelledField title="Folder that its machines share"><input type="text" value={store.value} placeholder="/mnt/renders" spellcheck={false} onInput={(event) => preferences.set('fleetStore', event.currentTarget.value)} /></LabelledField>}
      </div>
      <div class="row"><span class="grow" /><Button primary icon={Play} label={startLabel(rows, done)} disabled={!ready || starting || (onFleet && store.value === '')} onClick={start} /></div>
    </div>
  );
}

function startLabel(rows: number | undefined, done: number): string {
  if (rows === undefined) return 'Start';
  const left = Math.max(0, rows - done);
  return done > 0 ? `Go on with ${left} of ${rows} runs` : `Start ${rows} run${rows === 1 ? '' : 's'}`;
}
