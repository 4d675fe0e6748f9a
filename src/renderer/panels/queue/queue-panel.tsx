import { ArrowUpToLine, Pause, Play, RotateCcw, X } from 'lucide';
import { Fragment, type VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { describeError } from '../../../contract/errors.ts';
import type { QueueJob, QueueView } from '../../../contract/studio-api.ts';
import { duration } from '../../words.ts';
import { Button } from '../kit/button.tsx';
import { Empty } from '../kit/empty.tsx';
import { when } from '../kit/format.ts';
import { Panel } from '../kit/panel.tsx';
import { Thumbnail } from '../kit/thumbnail.tsx';
import { useAsked } from '../kit/use-call.ts';
import { useStudio } from '../studio/studio.ts';

const HISTORY = 100;

/** What runs, what waits, what was: on disk, so that it is still there after a restart. */
export function QueuePanel(): VNode {
  const { client, notices } = useStudio();
  const { value: queue, error, reload } = useAsked(() => client.call('queue.view', { historyLimit: HISTORY }), []);
  useEffect(() => client.on('queue', reload), [reload]);
  const paused = queue?.paused ?? null;
  const toggle = (): void => void notices.attempt(() => client.call(paused === null ? 'queue.pause' : 'queue.resume', {})).then(reload);
  return (
    <Panel title="Queue" tools={<Button icon={paused === null ? Pause : Play} label={paused === null ? 'Pause queue' : 'Resume queue'} onClick={toggle} />}>
      {error && <div class="message error">{describeError(error)}</div>}
      {paused !== null && <div class="message warning">The queue is paused{paused === '' ? '' : `: ${paused}`}. What runs is finished; nothing new starts.</div>}
      {queue && <Lists queue={queue} reload={reload} />}
    </Panel>
  );
}

function Lists({ queue, reload }: { readonly queue: QueueView; readonly reload: () => void }): VNode {
  const { running, waiting, history, historyTotal } = queue;
  return (
    <>
      {running.length + waiting.length + history.length === 0 && <Empty>Runs that you start line up here</Empty>}
      {[{ title: 'Running', jobs: running }, { title: 'Waiting', jobs: waiting }, { title: `History (${historyTotal})`, jobs: history }].map(({ title, jobs }) => jobs.length > 0 && (
        <Fragment key={title}>
          <div class="section"><h3>{title}</h3>{jobs.map((job, index) => <Job key={job.id} job={job} first={index === 0} reload={reload} />)}</div>
        </Fragment>
      ))}
    </>
  );
}

function Job({ job, first, reload }: { readonly job: QueueJob; readonly first: boolean; readonly reload: () => void }): VNode {
  const { viewing } = useStudio();
  return (
    <div class="card">
      <div class="row">
        <b class="grow cut">{job.name}</b>
        <span class={job.state === 'failed' ? 'tag error' : 'tag'}>{job.state}</span>
        <JobTools job={job} first={first} reload={reload} />
      </div>
      <div class="muted small numeric">{when(job.startedAt ?? job.addedAt, Date.now())}{job.ms === undefined ? '' : `, ${duration(job.ms / 1000)}`}{job.outputs > 0 ? `, ${job.outputs} file${job.outputs === 1 ? '' : 's'}` : ''}{job.targets ? `, up to ${job.targets.join(', ')}` : ''}</div>
      {job.error && <div class="error-text small">{describeError(job.error)}</div>}
      {job.thumbnails.length > 0 && (
        <div class="strip">
          {job.thumbnails.map((result, index) => <button key={result} type="button" class="button quiet" aria-label={`Look at picture ${index + 1}`} onClick={() => { viewing.value = { results: job.thumbnails, index }; }}><Thumbnail result={result} size={128} alt="" /></button>)}
        </div>
      )}
    </div>
  );
}

function JobTools({ job, first, reload }: { readonly job: QueueJob; readonly first: boolean; readonly reload: () => void }): VNode {
  const { client, notices, documents } = useStudio();
  const act = (work: () => Promise<unknown>) => (): void => void notices.attempt(work).then(reload);
  const { id, state } = job;
  return (
    <>
      {state === 'waiting' && !first && <Button quiet icon={ArrowUpToLine} label="To the front" onClick={act(() => client.call('queue.move', { id, before: 'first' }))} />}
      {(state === 'waiting' || state === 'running') && <Button quiet icon={X} label="Cancel this run" onClick={act(() => client.call('queue.cancel', { id }))} />}
      {(state === 'failed' || state === 'cancelled') && <Button quiet icon={RotateCcw} label="Run it again" onClick={act(() => client.call('queue.retry', { id }))} />}
      {state !== 'running' && state !== 'waiting' && <Button quiet icon={X} label="Take off the history" onClick={act(() => client.call('queue.remove', { id }))} />}
      {state !== 'running' && state !== 'waiting' && <Button label="Graph" onClick={act(async () => { const { graph, name } = await client.call('queue.graph', { id }); if (!documents.dirty.value) documents.take(graph, name); else notices.tell('Save or discard your changes first.'); })} />}
    </>
  );
}
