import { Plus, X } from 'lucide';
import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { Subgraph, SubgraphPort } from '../../../contract/graph-file.ts';
import { PORT_TYPES } from '../../../contract/port-types.ts';
import { findSubgraph } from '../../../contract/subgraphs.ts';
import { countUses, type PortSide } from '../../graph/index.ts';
import { words } from '../../words.ts';
import { Button } from '../kit/button.tsx';
import { Empty } from '../kit/empty.tsx';
import { Panel } from '../kit/panel.tsx';
import { useStudio } from '../studio/studio.ts';
import { PortDot } from './port-list.tsx';

/** The sub-graph that is open: what it is called, its ports and the params that each use sets. A change here is one in every use. */
export function SubgraphPanel({ id }: { readonly id: string }): VNode {
  const { documents } = useStudio();
  const { document } = documents.state.value;
  const subgraph = findSubgraph(document, id);
  if (!subgraph) return <Panel title="Sub-graph"><Empty>This sub-graph is gone</Empty></Panel>;
  const uses = countUses(document, id);
  return (
    <Panel title="Sub-graph">
      <Description id={id} subgraph={subgraph} />
      <p class="muted small">{uses === 1 ? 'Used once.' : `Used ${uses} times; every change here changes all of them.`}</p>
      <Ports side="input" ports={subgraph.inputs} />
      <Ports side="output" ports={subgraph.outputs} />
      <Params params={subgraph.params} />
    </Panel>
  );
}

function Description({ id, subgraph }: { readonly id: string; readonly subgraph: Subgraph }): VNode {
  const { documents } = useStudio();
  const gesture = useRef<string | undefined>(undefined);
  const begin = (): void => { gesture.current = documents.editor.newGesture(); };
  const describe = (change: { readonly title?: string; readonly doc?: string }): void => void documents.dispatch({ type: 'describe-subgraph', subgraph: id, ...change }, gesture.current === undefined ? {} : { gesture: gesture.current });
  return (
    <>
      <div class="node-head">
        <input type="text" aria-label="Title of the sub-graph" maxLength={200} value={subgraph.title ?? ''} placeholder={id} onFocus={begin} onInput={(event) => describe({ title: event.currentTarget.value })} />
        <code class="muted" title="Name in files and on the command line">{id}</code>
      </div>
      <textarea aria-label="What the sub-graph is for" rows={3} maxLength={20_000} value={subgraph.doc ?? ''} placeholder="What it is for, as its uses show it" onFocus={begin} onInput={(event) => describe({ doc: event.currentTarget.value })} />
    </>
  );
}

function Ports({ side, ports }: { readonly side: PortSide; readonly ports: Readonly<Record<string, SubgraphPort>> }): VNode {
  const { documents } = useStudio();
  const [type, setType] = useState<string>(PORT_TYPES[0]?.name ?? '');
  const rename = (port: string, to: string | undefined): boolean => documents.dispatch({ type: 'rename-subgraph-port', side, port, to }).ok;
  return (
    <section class="section" aria-label={side === 'input' ? 'Inputs of the sub-graph' : 'Outputs of the sub-graph'}>
      <h3 class="section-title">{side === 'input' ? 'Inputs' : 'Outputs'}</h3>
      {Object.entries(ports).map(([name, port]) => (
        <div key={name} class="port small">
          <PortDot port={{ type: port.type, many: port.many === true }} />
          <PortName name={name} label={`Name of ${side} ${name}`} onRename={(to) => rename(name, to)} />
          <span class="muted">{port.type}</span>
          <Button quiet icon={X} label={`Remove ${side} ${name}`} onClick={() => rename(name, undefined)} />
        </div>
      ))}
      <div class="row">
        <select class="grow" aria-label={`Type of the new ${side}`} value={type} onChange={(event) => setType(event.currentTarget.value)}>
          {PORT_TYPES.map(({ name }) => <option key={name} value={name}>{name}</option>)}
        </select>
        <Button icon={Plus} label={`Add ${side}`} onClick={() => documents.dispatch({ type: 'add-subgraph-port', side, portType: type })} />
      </div>
    </section>
  );
}

/** A name that counts once Enter is pressed or the field is left; one that is refused goes back to what it was. */
function PortName({ name, label, onRename }: { readonly name: string; readonly label: string; readonly onRename: (to: string) => boolean }): VNode {
  const [typed, setTyped] = useState<string>();
  const take = (): void => {
    if (typed !== undefined && typed !== name) onRename(typed);
    setTyped(undefined);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') return take();
    if (event.key !== 'Escape' || typed === undefined) return;
    event.preventDefault();
    setTyped(undefined);
  };
  return <input class="grow" type="text" aria-label={label} maxLength={64} spellcheck={false} value={typed ?? name} onInput={(event) => setTyped(event.currentTarget.value)} onBlur={take} onKeyDown={onKeyDown} />;
}

function Params({ params }: { readonly params: Subgraph['params'] }): VNode {
  const { documents } = useStudio();
  const view = documents.view.value;
  const entries = Object.entries(params);
  return (
    <section class="section" aria-label="Params of the sub-graph">
      <h3 class="section-title">Params of each use</h3>
      {entries.length === 0 && <p class="muted small">None. A node in here offers to show each of its params on the sub-graph.</p>}
      {entries.map(([name, { node, param }]) => (
        <div key={name} class="port small">
          <span class="grow"><b>{words(name)}</b> <span class="muted">sets {words(param)} of {view.titleOf(node)}</span></span>
          <Button quiet icon={X} label={`Show ${words(name)} no longer`} onClick={() => documents.dispatch({ type: 'expose-param', node, param, shown: false })} />
        </div>
      ))}
    </section>
  );
}
