import { ArrowUp, Box, File, Folder, Image, Table2, type IconNode } from 'lucide';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { describeError } from '../../../contract/errors.ts';
import type { PathParam } from '../../../contract/params.ts';
import type { FolderEntry, Place } from '../../../contract/studio-api.ts';
import { Button } from '../kit/button.tsx';
import { Dialog } from '../kit/dialog.tsx';
import { Empty } from '../kit/empty.tsx';
import { Icon } from '../kit/icon.tsx';
import { bytes } from '../kit/format.ts';
import { useAsked } from '../kit/use-call.ts';
import { useStudio } from '../studio/studio.ts';

const ICONS: Readonly<Record<FolderEntry['kind'], IconNode>> = { folder: Folder, graph: File, table: Table2, image: Image, model: Box, other: File };

interface PathDialogProps {
  readonly schema: PathParam;
  readonly value: string;
  readonly onChoose: (value: string) => void;
  readonly onClose: () => void;
}

/** Picks a file or folder out of the places that graphs may reach, models and tables first. */
export function PathDialog({ schema, value, onChoose, onClose }: PathDialogProps): VNode {
  const { client, documents } = useStudio();
  const base = folderOf(documents.file.value.path);
  const places = useAsked(() => client.call('files.places', {}), []);
  const [folder, setFolder] = useState<string>();
  const at = folder ?? places.value?.[0]?.path;
  return (
    <Dialog title={`Choose a ${schema.target}`} wide onClose={onClose}>
      <div class="row wrap">
        {(places.value ?? []).map((place: Place) => <Button key={place.path} label={place.name} pressed={at === place.path} onClick={() => setFolder(place.path)} />)}
      </div>
      {at !== undefined && <Listing folder={at} base={base} schema={schema} value={value} onFolder={setFolder} onChoose={onChoose} />}
      {places.error && <div class="message error">{describeError(places.error)}</div>}
    </Dialog>
  );
}

interface ListingProps {
  readonly folder: string;
  readonly base: string | null;
  readonly schema: PathParam;
  readonly value: string;
  readonly onFolder: (path: string) => void;
  readonly onChoose: (value: string) => void;
}

function Listing({ folder, base, schema, value, onFolder, onChoose }: ListingProps): VNode {
  const { client } = useStudio();
  const { value: listing, error } = useAsked(() => client.call('files.list', { folder, base }), [folder, base]);
  const fits = (entry: FolderEntry): boolean => entry.value !== undefined && (schema.target === 'folder' ? entry.kind === 'folder' || entry.kind === 'model' : entry.kind !== 'folder' && entry.kind !== 'model');
  if (error) return <div class="message error">{describeError(error)}</div>;
  if (!listing) return <Empty>Reading the folder</Empty>;
  return (
    <div class="stack">
      <div class="row">
        <Button quiet icon={ArrowUp} label="Folder above" disabled={listing.parent === undefined} onClick={() => { if (listing.parent !== undefined) onFolder(listing.parent); }} />
        <span class="muted small cut">{listing.path}</span>
      </div>
      <ul class="list">
        {listing.entries.map((entry) => <Entry key={entry.path} entry={entry} fits={fits(entry)} current={entry.value === value} onFolder={onFolder} onChoose={onChoose} />)}
      </ul>
      {listing.entries.length === 0 && <Empty>Nothing is in this folder</Empty>}
      {listing.truncated && <p class="muted small">There is more in this folder than is shown.</p>}
    </div>
  );
}

interface EntryProps {
  readonly entry: FolderEntry;
  readonly fits: boolean;
  readonly current: boolean;
  readonly onFolder: (path: string) => void;
  readonly onChoose: (value: string) => void;
}

function Entry({ entry, fits, current, onFolder, onChoose }: EntryProps): VNode {
  const opens = entry.kind === 'folder' || entry.kind === 'model';
  const press = (): void => {
    if (opens && !(fits && entry.kind === 'model')) onFolder(entry.path);
    else if (fits && entry.value !== undefined) onChoose(entry.value);
  };
  return (
    <li class="row">
      <button type="button" class="list-item" aria-current={current} disabled={!opens && !fits} onClick={press}>
        <Icon icon={ICONS[entry.kind]} />
        <span class="grow cut">{entry.name}</span>
        <span class="muted small numeric">{opens ? entry.kind : bytes(entry.size)}</span>
      </button>
      {fits && opens && entry.value !== undefined && <Button label="Choose" onClick={() => onChoose(entry.value ?? '')} />}
    </li>
  );
}

/** The folder of a file; null for none. */
export function folderOf(path: string | null): string | null {
  return path === null ? null : path.replace(/[\\/][^\\/]*$/, '') || '/';
}
