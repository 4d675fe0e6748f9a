import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { describeError } from '../../../contract/errors.ts';
import type { GraphVersion } from '../../../contract/studio-api.ts';
import { describeChange, diffGraphs, type GraphChange } from '../../graph/index.ts';
import { when } from '../kit/format.ts';
import { useAsked } from '../kit/use-call.ts';
import { useStudio } from '../studio/studio.ts';

const NOW = 'now';
/** The most changes that are listed. */
const MOST = 200;
const LAYOUT: ReadonlySet<GraphChange['kind']> = new Set(['node-layout', 'group-added', 'group-removed', 'group-changed']);

interface VersionDiffProps {
  readonly path: string;
  readonly version: GraphVersion;
  /** Every kept version, newest first. */
  readonly versions: readonly GraphVersion[];
}

/** What has changed from a kept version to the graph as it is now, or between that version and another. */
export function VersionDiff({ path, version, versions }: VersionDiffProps): VNode {
  const [other, setOther] = useState(NOW);
  const others = versions.filter(({ id }) => id !== version.id);
  return (
    <>
      <label class="row small"><span class="muted">Compared with</span>
        <select class="grow" value={other} onChange={(event) => setOther(event.currentTarget.value)}>
          <option value={NOW}>the graph as it is now</option>
          {others.map(({ id, savedAt, nodes }) => <option key={`${id} ${savedAt}`} value={id}>{when(savedAt, Date.now())}, {nodes} nodes</option>)}
        </select>
      </label>
      <Differences key={other} path={path} version={version} other={others.find(({ id }) => id === other)} />
    </>
  );
}

function Differences({ path, version, other }: { readonly path: string; readonly version: GraphVersion; readonly other: GraphVersion | undefined }): VNode {
  const { client, documents } = useStudio();
  const read = (id: string) => client.call('history.read', { path, id });
  const { value: graphs, error } = useAsked(() => Promise.all([read(version.id), other && read(other.id)]), [path, version.id, other?.id]);
  if (error) return <div class="message error">{describeError(error)}</div>;
  if (!graphs) return <p class="muted small">Reading the version</p>;
  const [own, against = documents.state.value.document] = graphs;
  // Changes are told as time went.
  const changes = other && other.savedAt < version.savedAt ? diffGraphs(against, own) : diffGraphs(own, against);
  const contents = changes.filter(({ kind }) => !LAYOUT.has(kind));
  const layout = changes.filter(({ kind }) => LAYOUT.has(kind));
  if (changes.length === 0) return <p class="muted small">{other ? 'Both are the same.' : 'The same as now.'}</p>;
  return (
    <>
      {contents.length > 0 && <Changes changes={contents} />}
      {layout.length > 0 && <details class="small" open={contents.length === 0}><summary class="muted">{layout.length === 1 ? 'One change of layout' : `${layout.length} changes of layout`}</summary><Changes changes={layout} /></details>}
    </>
  );
}

function Changes({ changes }: { readonly changes: readonly GraphChange[] }): VNode {
  return (
    <ul class="changes small">
      {changes.slice(0, MOST).map((change, index) => <li key={index} class={signOf(change)}>{describeChange(change)}</li>)}
      {changes.length > MOST && <li class="muted">and {changes.length - MOST} more</li>}
    </ul>
  );
}

function signOf({ kind }: GraphChange): 'added' | 'removed' | 'changed' {
  if (kind.endsWith('-added')) return 'added';
  return kind.endsWith('-removed') ? 'removed' : 'changed';
}
