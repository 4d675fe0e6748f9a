import type { VNode } from 'preact';
import { moveFocus } from '../kit/menu.tsx';
import { Panel } from '../kit/panel.tsx';
import { Empty } from '../kit/empty.tsx';
import { nodeOf } from '../studio/run-reducer.ts';
import { useStudio } from '../studio/studio.ts';

/** All nodes as a list: the graph for the keyboard and for screen readers. */
export function OutlinePanel(): VNode {
  const studio = useStudio();
  const { documents, runs } = studio;
  const view = documents.view.value;
  const { selection } = documents.state.value;
  const entries = Object.entries(view.nodes);
  const run = runs.run.value;
  return (
    <Panel title="Outline">
      {entries.length === 0 && <Empty>This graph is empty</Empty>}
      <ul class="list" onKeyDown={(event) => { if (moveFocus([...event.currentTarget.querySelectorAll('button')], event.key)) event.preventDefault(); }}>
        {entries.map(([id, node]) => (
          <li key={id}>
            <button type="button" class="list-item" aria-current={selection.nodes.has(id)} onClick={() => studio.focusNode(id)}>
              <span class="grow">{node.title ?? view.schema(id)?.title ?? node.type} <code class="muted">{id}</code>
                <span class="muted small"> {view.into(id).length > 0 ? `from ${[...new Set(view.into(id).map((link) => link.from.node))].join(', ')}` : ''}</span></span>
              {run && nodeOf(run, id) && <span class="tag">{nodeOf(run, id)?.state}</span>}
            </button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
