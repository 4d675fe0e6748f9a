import { File, FolderOpen, Star, type IconNode } from 'lucide';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { describeError } from '../../../contract/errors.ts';
import type { FolderEntry, Place } from '../../../contract/studio-api.ts';
import { Button } from '../../panels/kit/button.tsx';
import { Dialog } from '../../panels/kit/dialog.tsx';
import { Empty } from '../../panels/kit/empty.tsx';
import { when } from '../../panels/kit/format.ts';
import { Icon } from '../../panels/kit/icon.tsx';
import { useAsked } from '../../panels/kit/use-call.ts';
import { useStudio } from '../../panels/studio/studio.ts';
import { unlessUnsaved } from '../unsaved.tsx';
import { useWindow } from '../window-context.ts';

/** Opens a graph: a recent one, one that ships, or one from a folder. */
export function OpenDialog({ onClose }: { readonly onClose: () => void }): VNode {
  const { client, documents } = useStudio();
  const state = useWindow();
  const recent = useAsked(() => client.call('files.recent', {}), []);
  const shipped = useAsked(() => client.call('files.shipped', {}), []);
  const open = (path: string): void => {
    onClose();
    unlessUnsaved(state, () => void documents.open(path));
  };
  const now = Date.now();
  return (
    <Dialog title="Open graph" wide onClose={onClose}>
      <div class="section">
        <h3>Shipped with the program</h3>
        <ul class="list">{(shipped.value ?? []).map((graph) => <Line key={graph.path} icon={Star} name={graph.name} note={graph.description ?? ''} onOpen={() => open(graph.path)} />)}</ul>
      </div>
      <div class="section">
        <h3>Recent</h3>
        <ul class="list">{(recent.value ?? []).map((file) => <Line key={file.path} icon={File} name={file.name} note={file.exists ? when(file.openedAt, now) : 'is gone'} disabled={!file.exists} onOpen={() => open(file.path)} />)}</ul>
        {recent.value?.length === 0 && <p class="muted small">Graphs that you open or save will be listed here.</p>}
      </div>
      <Browse onOpen={open} />
    </Dialog>
  );
}

function Line({ icon, name, note, disabled = false, onOpen }: { readonly icon: IconNode; readonly name: string; readonly note: string; readonly disabled?: boolean; readonly onOpen: () => void }): VNode {
  return (
    <li>
      <button type="button" class="list-item" disabled={disabled} onClick={onOpen}>
        <Icon icon={icon} /><span class="cut">{name}</span><span class="grow muted small cut">{note}</span>
      </button>
    </li>
  );
}

function Browse({ onOpen }: { readonly onOpen: (path: string) => void }): VNode {
  const { client } = useStudio();
  const places = useAsked(() => client.call('files.places', {}), []);
  const [folder, setFolder] = useState<string>();
  const at = folder ?? places.value?.[0]?.path;
  const listing = useAsked(async () => (at === undefined ? undefined : client.call('files.list', { folder: at, kinds: ['folder', 'graph'], base: null })), [at]);
  return (
    <div class="section">
      <h3>Folders</h3>
      <div class="row wrap">{(places.value ?? []).map((place: Place) => <Button key={place.path} label={place.name} pressed={at === place.path} onClick={() => setFolder(place.path)} />)}</div>
      {listing.value?.parent !== undefined && <Line icon={FolderOpen} name=".." note="folder above" onOpen={() => setFolder(listing.value?.parent)} />}
      <ul class="list">
        {(listing.value?.entries ?? []).map((entry: FolderEntry) => (
          <Line key={entry.path} icon={entry.kind === 'graph' ? File : FolderOpen} name={entry.name} note="" onOpen={() => (entry.kind === 'graph' ? onOpen(entry.path) : setFolder(entry.path))} />
        ))}
      </ul>
      {listing.value?.entries.length === 0 && <Empty>No graphs in this folder</Empty>}
      {listing.error && <div class="message error">{describeError(listing.error)}</div>}
    </div>
  );
}
