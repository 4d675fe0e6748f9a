import { Search } from 'lucide';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Empty } from '../kit/empty.tsx';
import { fuzzy } from '../kit/fuzzy.ts';
import { Icon } from '../kit/icon.tsx';
import { moveFocus } from '../kit/menu.tsx';
import { Panel } from '../kit/panel.tsx';
import { nodeOf, shownState } from '../studio/run-reducer.ts';
import { useStudio } from '../studio/studio.ts';

/** The most nodes that are listed; a list of all nodes of a very large graph would stop the window. */
const MOST = 300;

/** All nodes as a list: the graph for the keyboard and for screen readers. */
export function OutlinePanel(): VNode {
  const studio = useStudio();
  const { documents, runs } = studio;
  const view = documents.view.value;
  const { selection } = documents.state.value;
  const [text, setText] = useState('');
  const found = fuzzy(Object.keys(view.nodes), text, (id) => `${view.titleOf(id)} ${id}`);
  const run = runs.run.value;
  return (
    <Panel title="Outline">
      {Object.keys(view.nodes).length === 0 ? <Empty>This graph is empty</Empty> : (
        <div class="search-field section">
          <Icon icon={Search} size={14} />
          <input type="search" aria-label="Find nodes" placeholder="Find nodes" value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </div>
      )}
      <ul class="list" onKeyDown={(event) => { if (moveFocus([...event.currentTarget.querySelectorAll('button')], event.key)) event.preventDefault(); }}>
        {found.slice(0, MOST).map((id) => ({ id, state: run && shownState(run.status, nodeOf(run, id)) })).map(({ id, state }) => (
          <li key={id}>
            <button type="button" class="list-item" aria-current={selection.nodes.has(id)} onClick={() => studio.focusNode(id)}>
              <span class="grow">{view.titleOf(id)} <code class="muted">{id}</code>
                <span class="muted small"> {view.into(id).length > 0 ? `from ${[...new Set(view.into(id).map((link) => link.from.node))].join(', ')}` : ''}</span></span>
              {state && <span class="tag">{state}</span>}
            </button>
          </li>
        ))}
      </ul>
      {found.length > MOST && <p class="muted small">{found.length - MOST} more; type to find them.</p>}
    </Panel>
  );
}
