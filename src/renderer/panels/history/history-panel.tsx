import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { describeError } from '../../../contract/errors.ts';
import type { GraphVersion } from '../../../contract/studio-api.ts';
import { Button } from '../kit/button.tsx';
import { Empty } from '../kit/empty.tsx';
import { bytes, when } from '../kit/format.ts';
import { Panel } from '../kit/panel.tsx';
import { useAsked } from '../kit/use-call.ts';
import { useStudio } from '../studio/studio.ts';
import { VersionDiff } from './version-diff.tsx';

/** Every version of the graph that was kept, with what differs from now or from another. */
export function HistoryPanel(): VNode {
  const { client, documents } = useStudio();
  const { path, revision } = documents.file.value;
  const { value: versions, error } = useAsked(async () => (path === null ? [] : client.call('history.list', { path })), [path, revision]);
  const [open, setOpen] = useState<string>();
  return (
    <Panel title="Version history">
      {path === null && <Empty>Versions are kept from the first save on</Empty>}
      {error && <div class="message error">{describeError(error)}</div>}
      {path !== null && versions?.length === 0 && <Empty>No earlier version is kept yet</Empty>}
      {versions?.map((version) => <Version key={`${version.id} ${version.savedAt}`} version={version} versions={versions} path={path ?? ''} open={open === version.id} onToggle={() => setOpen(open === version.id ? undefined : version.id)} />)}
    </Panel>
  );
}

const KINDS: Readonly<Record<GraphVersion['kind'], string>> = { save: 'saved', autosave: 'kept by itself', outside: 'changed by another program' };

function Version({ version, versions, path, open, onToggle }: { readonly version: GraphVersion; readonly versions: readonly GraphVersion[]; readonly path: string; readonly open: boolean; readonly onToggle: () => void }): VNode {
  const { client, documents, notices } = useStudio();
  const restore = async (): Promise<void> => {
    const graph = await notices.attempt(() => client.call('history.read', { path, id: version.id }));
    if (!graph) return;
    const result = documents.dispatch({ type: 'replace-document', document: graph, name: 'Restore a version' });
    if (result.ok) notices.tell('Restored. Undo brings back what was there.');
  };
  return (
    <div class="card">
      <div class="row">
        <button type="button" class="list-item grow" aria-expanded={open} onClick={onToggle}>
          <span class="grow"><b>{when(version.savedAt, Date.now())}</b> <span class="muted small">{KINDS[version.kind]}, {version.nodes} nodes, {bytes(version.bytes)}</span></span>
        </button>
        <Button label="Restore" onClick={() => void restore()} />
      </div>
      {open && <VersionDiff path={path} version={version} versions={versions} />}
    </div>
  );
}
