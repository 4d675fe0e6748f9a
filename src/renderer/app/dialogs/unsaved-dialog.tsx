import type { VNode } from 'preact';
import { Button } from '../../panels/kit/button.tsx';
import { Dialog } from '../../panels/kit/dialog.tsx';

interface UnsavedProps {
  readonly name: string;
  readonly onClose: () => void;
  readonly onSave: () => void;
  readonly onDiscard: () => void;
}

/** Asks what to do with unsaved work. */
export function UnsavedDialog({ name, onClose, onSave, onDiscard }: UnsavedProps): VNode {
  const footer = (
    <>
      <Button label="Don't save" danger onClick={onDiscard} />
      <Button label="Cancel" onClick={onClose} />
      <Button label="Save" primary onClick={onSave} />
    </>
  );
  return <Dialog title="Save changes?" onClose={onClose} footer={footer}><p>{name} has changes that are not saved.</p></Dialog>;
}
