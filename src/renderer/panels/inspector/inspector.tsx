import { Focus, Play } from 'lucide';
import { Fragment, type VNode } from 'preact';
import { useRef } from 'preact/hooks';
import { describeError, type ErrorData } from '../../../contract/errors.ts';
import type { GraphNode } from '../../../contract/graph-file.ts';
import type { NodeSchema } from '../../../contract/node.ts';
import { Button } from '../kit/button.tsx';
import { Empty } from '../kit/empty.tsx';
import { Panel } from '../kit/panel.tsx';
import { useStudio } from '../studio/studio.ts';
import { GroupPanel } from './group-panel.tsx';
import { NodePorts, type LinkPort } from './node-ports.tsx';
import { NodeRun } from './node-run.tsx';
import { ParamField } from './param-field.tsx';
import { SubgraphPanel } from './subgraph-panel.tsx';
import { TriggerSection } from './trigger.tsx';

/** The panel on the right: the selected node, its params and links, what its last run told; without one, the group or the sub-graph. @param onLink Asks what a port is to be linked to. */
export function Inspector({ onLink }: { readonly onLink: LinkPort }): VNode {
  const { documents } = useStudio();
  const { selection } = documents.state.value;
  const [id, ...others] = selection.nodes;
  const node = id === undefined ? undefined : documents.view.value.node(id);
  const [group] = selection.groups;
  if (id === undefined && group !== undefined) return <GroupPanel key={group} id={group} />;
  const { scope } = documents.state.value;
  if ((id === undefined || !node) && scope !== undefined) return <SubgraphPanel key={scope} id={scope} />;
  if (id === undefined || !node) return <Panel title="Inspector"><Empty>Select a node to see its params</Empty></Panel>;
  if (others.length > 0) return <Panel title="Inspector"><Empty>{selection.nodes.size} nodes are selected</Empty></Panel>;
  return <NodePanel key={id} id={id} node={node} schema={documents.view.value.schema(id)} onLink={onLink} />;
}

function NodePanel({ id, node, schema, onLink }: { readonly id: string; readonly node: GraphNode; readonly schema: NodeSchema | undefined; readonly onLink: LinkPort }): VNode {
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
      {schema && <NodePorts id={id} schema={schema} onLink={onLink} />}
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
