import { X } from 'lucide';
import type { VNode } from 'preact';
import { Button } from '../../panels/kit/button.tsx';
import { useWindow } from '../window-context.ts';

/** What the window tells in passing, in the corner. */
export function NoticeList(): VNode {
  const { notices } = useWindow().studio;
  return (
    <div class="notices" role="log" aria-live="polite" aria-label="Notices">
      {notices.list.value.map(({ id, kind, text, action }) => (
        <div key={id} class={kind === 'error' ? 'notice error' : 'notice'}>
          <span>{text}</span>
          {action && <Button label={action.label} onClick={() => { action.run(); notices.close(id); }} />}
          <Button quiet icon={X} label="Close" onClick={() => notices.close(id)} />
        </div>
      ))}
    </div>
  );
}
