import { Focus, Play } from 'lucide';
import { Fragment, type VNode } from 'preact';
import { useRef } from 'preact/hooks';
import { describeError, type ErrorData } from '../../../contract/errors.ts';
import type { GraphNode } from '../../../contract/graph-file.ts';
import type { NodeSchema, PortSchema } from '../../../contract/node.ts';
import { PORT_TYPES } from '../../../contract/port-types.ts';
import { words } from '../../words.ts';
import { Button } from '../kit/button.tsx';
import { Empty } from '../kit/empty.tsx';
import { Panel } from '../kit/panel.tsx';
import { useStudio } from '../studio/studio.ts';
import { GroupPanel } from './group-panel.tsx';
import { NodeRun } from './node-run.tsx';
import { ParamField } from './param-field.tsx';
import { TriggerSection } from './trigger.tsx';

/** The panel on the right: the selected node, its params, what its last run told. */
export function Inspector(): VNode {
  const { documents } = useStudio();
  const { selection } = documents.state.value;
  const [id, ...others] = selection.nodes;
  const node = id === undefined ? undefined : documents.view.value.node(id);
  const [group] = selection.groups;
  if (id === undefined && group !== undefined) return <GroupPanel key={group} id={group} />;
  if (id === undefined || !node) return <Panel title="Inspector"><Empty>Select a node to see its params</Empty></Panel>;
  if (others.length > 0) return <Panel title="Inspector"><Empty>{selection.nodes.size} nodes are selected</Empty></Panel>;
  return <NodePanel key={id} id={id} node={node} schema={documents.view.value.schema(id)} />;
}

function NodePanel({ id, node, schema }: { readonly id: string; readonly node: GraphNode; readonly schema: NodeSchema | undefined }): VNode {
  const studio = useStudio();
  const faults = studio.documents.faults.value.filter(({ nodeId }) => nodeId === id);
  const tools = (
    <>
      <Button quiet icon={Play} label="Run to this node" onClick={() => void studio.runs.start([id])} />
      <Button quiet icon={Focus} label="Bring into view" onClick={() => studio.canvas.focusNode(id)} />
    </>
  );
  return (
    <Panel title={schema?.title ?? node.type} tools={tools}>
      <Title id={id} node={node} schema={schema} />
      <p class="node-doc">{schema?.doc ?? 'This node type is not installed. Its params and links are kept as they are.'}</p>
      {faults.map((fault, index) => <Fault key={index} fault={fault} />)}
      {schema ? <Params id={id} node={node} schema={schema} /> : <UnknownParams node={node} />}
      <TriggerSection id={id} />
      <NodeRun id={id} />
      {schema && <Ports schema={schema} />}
    </Panel>
  );
}

function Title({ id, node, schema }: { readonly id: string; readonly node: GraphNode; readonly schema: NodeSchema | undefined }): VNode {
  const { documents } = useStudio();
  const gesture = useRef<string | undefined>(undefined);
  const rename = (title: string): void => void documents.dispatch({ type: 'rename-node', node: id, title }, gesture.current === undefined ? {} : { gesture: gesture.current });
  return (
    <div class="node-head">
      <input id="node-title" type="text" aria-label="Title" maxLength={200} value={node.title ?? ''} placeholder={schema?.title ?? node.type} onFocus={() => { gesture.current = documents.editor.newGesture(); }} onInput={(event) => rename(event.currentTarget.value)} />
      <code class="muted" title="Name in files and on the command line">{id}</code>
    </div>
  );
}

function Fault({ fault }: { readonly fault: ErrorData }): VNode {
  return <div class="message error" role="alert">{describeError(fault)}</div>;
}

function Params({ id, node, schema }: { readonly id: string; readonly node: GraphNode; readonly schema: NodeSchema }): VNode {
  return (
    <div class="section">
      {Object.entries(schema.params).map(([name, param]) => (
        <ParamField key={name} node={id} name={name} schema={param} value={Object.hasOwn(node.params, name) ? node.params[name] : param.default} />
      ))}
      {Object.keys(schema.params).length === 0 && <p class="muted small">This node has no params.</p>}
    </div>
  );
}

function UnknownParams({ node }: { readonly node: GraphNode }): VNode {
  return (
    <dl class="facts section">
      {Object.entries(node.params).map(([name, value]) => <Fragment key={name}><dt>{name}</dt><dd>{JSON.stringify(value)}</dd></Fragment>)}
    </dl>
  );
}

function Ports({ schema }: { readonly schema: NodeSchema }): VNode {
  return (
    <details class="section">
      <summary class="section-title">Ports</summary>
      <PortList title="Inputs" ports={schema.inputs} />
      <PortList title="Outputs" ports={schema.outputs} />
    </details>
  );
}

/** Ports with type, colour and what they are for. */
export function PortList({ title, ports }: { readonly title: string; readonly ports: Readonly<Record<string, PortSchema>> }): VNode | null {
  const entries = Object.entries(ports);
  if (entries.length === 0) return null;
  return (
    <>
      <h4>{title}</h4>
      {entries.map(([name, port]) => (
        <div key={name} class="port small">
          <span class={port.many === true ? 'dot square' : 'dot'} style={{ background: PORT_TYPES.find((type) => type.name === port.type)?.color ?? 'currentColor' }} />
          <span class="grow"><b>{words(name)}</b> <span class="muted">{port.type}{port.optional === true ? ', optional' : ''}{port.many === true ? ', several' : ''}.</span> {port.doc}</span>
        </div>
      ))}
    </>
  );
}
