import { FolderOpen } from 'lucide';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { PathParam } from '../../../contract/params.ts';
import { Button } from '../kit/button.tsx';
import { useWantedFocus, type ParamEdit } from './param-edit.ts';
import { PathDialog } from './path-dialog.tsx';

/** A file or folder: typed, or picked from what is really there. What a run writes is a name below the output folder. */
export function PathField({ edit }: { readonly edit: ParamEdit<PathParam> }): VNode {
  const element = useWantedFocus<HTMLInputElement>(edit.node, edit.name);
  const [picking, setPicking] = useState(false);
  const writes = edit.schema.access === 'write';
  return (
    <>
      <div class="field-line">
        <input ref={element} id={edit.id} type="text" value={String(edit.value)} spellcheck={false} placeholder={writes ? 'name below the output folder' : `no ${edit.schema.target} chosen`}
          aria-invalid={edit.fault !== undefined} onFocus={edit.onFocus} onInput={(event) => edit.set(event.currentTarget.value)} />
        {!writes && <Button quiet icon={FolderOpen} label={`Choose a ${edit.schema.target}`} onClick={() => setPicking(true)} />}
      </div>
      {picking && <PathDialog schema={edit.schema} value={String(edit.value)} onClose={() => setPicking(false)} onChoose={(value) => { edit.setOnce(value); setPicking(false); }} />}
    </>
  );
}
