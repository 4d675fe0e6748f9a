import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import { readGroups } from '../../graph/index.ts';
import { Empty } from '../kit/empty.tsx';
import { Panel } from '../kit/panel.tsx';
import { useStudio } from '../studio/studio.ts';

const PLAIN = '#8d95a3';

/** The selected group: its title and colour. */
export function GroupPanel({ id }: { readonly id: string }): VNode {
  const { documents } = useStudio();
  const gesture = useRef<string | undefined>(undefined);
  const group = readGroups(documents.view.value.ui).get(id);
  if (!group) return <Panel title="Group"><Empty>This group is gone</Empty></Panel>;
  const begin = (): void => { gesture.current = documents.editor.newGesture(); };
  const change = (values: { readonly title?: string; readonly color?: string }): void => void documents.dispatch({ type: 'set-group', group: id, change: values }, gesture.current === undefined ? {} : { gesture: gesture.current });
  return (
    <Panel title="Group">
      <label class="setting"><span>Title</span><input type="text" maxLength={200} value={group.title} onFocus={begin} onInput={(event) => change({ title: event.currentTarget.value })} /></label>
      <label class="setting"><span>Colour</span><input type="color" value={group.color ?? PLAIN} onFocus={begin} onInput={(event) => change({ color: event.currentTarget.value })} /></label>
    </Panel>
  );
}
