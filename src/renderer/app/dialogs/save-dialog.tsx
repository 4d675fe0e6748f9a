import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { describeError, toErrorData, type ErrorData } from '../../../contract/errors.ts';
import type { Place } from '../../../contract/studio-api.ts';
import { Button } from '../../panels/kit/button.tsx';
import { Dialog } from '../../panels/kit/dialog.tsx';
import { useAsked } from '../../panels/kit/use-call.ts';
import { useStudio } from '../../panels/studio/studio.ts';

const ENDING = '.graph.json';

/** Saves the graph under a name, in one of the places that may be written. */
export function SaveDialog({ onClose }: { readonly onClose: () => void }): VNode {
  const { client, documents, notices } = useStudio();
  const places = useAsked(() => client.call('files.places', {}), []);
  const [folder, setFolder] = useState<string>();
  const [name, setName] = useState(documents.file.value.name);
  const [fault, setFault] = useState<ErrorData>();
  const at = folder ?? places.value?.[0]?.path;
  const save = async (overwrite: boolean): Promise<void> => {
    if (at === undefined || name.trim() === '') return;
    const file = name.endsWith(ENDING) ? name : `${name}${ENDING}`;
    try {
      await documents.saveAs(`${at.replace(/[\\/]$/, '')}/${file}`, overwrite);
      notices.tell(`Saved ${documents.file.value.name}`);
      onClose();
    } catch (thrown) {
      setFault(toErrorData(thrown));
    }
  };
  const exists = fault?.code === 'files.exists';
  const footer = (
    <>
      <Button label="Cancel" onClick={onClose} />
      <Button label={exists ? 'Replace' : 'Save'} primary danger={false} disabled={at === undefined || name.trim() === ''} onClick={() => void save(exists)} />
    </>
  );
  return (
    <Dialog title="Save graph as" onClose={onClose} footer={footer}>
      <form class="stack" onSubmit={(event) => { event.preventDefault(); void save(exists); }}>
        <label class="setting"><span>Name</span><input type="text" value={name} autofocus maxLength={120} onInput={(event) => { setName(event.currentTarget.value); setFault(undefined); }} /></label>
        <label class="setting"><span>Folder</span>
          <select value={at} onChange={(event) => { setFolder(event.currentTarget.value); setFault(undefined); }}>
            {(places.value ?? []).map((place: Place) => <option key={place.path} value={place.path}>{place.name}</option>)}
          </select>
        </label>
        {at !== undefined && <p class="muted small">{at}</p>}
        {fault && <div class={exists ? 'message warning' : 'message error'} role="alert">{describeError(fault)}</div>}
      </form>
    </Dialog>
  );
}
