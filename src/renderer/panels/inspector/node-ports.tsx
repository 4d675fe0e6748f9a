import { ArrowDown, ArrowUp, Cable, X } from 'lucide';
import type { VNode } from 'preact';
import type { NodeSchema, PortSchema } from '../../../contract/node.ts';
import { shownInputs, type PortEnd, type ViewLink } from '../../graph/index.ts';
import { words } from '../../words.ts';
import { Button } from '../kit/button.tsx';
import { useStudio } from '../studio/studio.ts';
import { PortDot, PortText } from './port-list.tsx';

/** Asks what a port is to be linked to. */
export type LinkPort = (node: string, side: 'input' | 'output', port: string) => void;

/** The ports of a node with their links: to be read, followed, made, put in order and taken away by keyboard alone. */
export function NodePorts({ id, schema, onLink }: { readonly id: string; readonly schema: NodeSchema; readonly onLink: LinkPort }): VNode {
  const view = useStudio().documents.view.value;
  const inputs = shownInputs(view, id);
  const outputs = Object.entries(schema.outputs);
  return (
    <details class="section">
      <summary class="section-title">Ports and links</summary>
      {inputs.length > 0 && <h4>Inputs</h4>}
      {inputs.map(({ name, port }) => <Port key={name} node={id} side="input" name={name} port={port} links={view.into(id).filter(({ to }) => to.port === name)} onLink={onLink} />)}
      {outputs.length > 0 && <h4>Outputs</h4>}
      {outputs.map(([name, port]) => <Port key={name} node={id} side="output" name={name} port={port} links={view.outOf(id).filter(({ from }) => from.port === name)} onLink={onLink} />)}
    </details>
  );
}

interface PortProps {
  readonly node: string;
  readonly side: 'input' | 'output';
  readonly name: string;
  readonly port: PortSchema;
  readonly links: readonly ViewLink[];
  readonly onLink: LinkPort;
}

function Port({ node, side, name, port, links, onLink }: PortProps): VNode {
  const ordered = side === 'input' && links.length > 1;
  return (
    <>
      <div class="port small">
        <PortDot port={port} /><PortText name={name} port={port} />
        <Button quiet icon={Cable} label={`Link ${words(name)} to…`} onClick={() => onLink(node, side, name)} />
      </div>
      {links.map((link, at) => <Link key={`${link.from.node} ${link.from.port} ${link.to.node} ${link.to.port} ${link.index}`} link={link} far={side === 'input' ? link.from : link.to} places={ordered ? { at, last: links.length - 1 } : undefined} />)}
    </>
  );
}

/** @param places Where the link stands among those of its input, when that takes several. */
function Link({ link, far, places }: { readonly link: ViewLink; readonly far: PortEnd; readonly places: { readonly at: number; readonly last: number } | undefined }): VNode {
  const studio = useStudio();
  const { documents } = studio;
  const name = `${documents.view.value.titleOf(far.node)} ${words(far.port)}`;
  const move = (by: number): void => void documents.dispatch({ type: 'reorder-link', to: link.to, index: link.index, toIndex: link.index + by });
  return (
    <div class="port small linked">
      <button type="button" class="list-item grow cut" title={`Go to ${name}`} onClick={() => studio.focusNode(far.node)}>{far === link.from ? '← ' : '→ '}{name}</button>
      {places && <Button quiet icon={ArrowUp} label={`Move the link from ${name} up`} disabled={places.at === 0} onClick={() => move(-1)} />}
      {places && <Button quiet icon={ArrowDown} label={`Move the link from ${name} down`} disabled={places.at === places.last} onClick={() => move(1)} />}
      <Button quiet icon={X} label={`Remove the link ${far === link.from ? 'from' : 'to'} ${name}`} onClick={() => documents.dispatch({ type: 'disconnect', to: link.to, index: link.index })} />
    </div>
  );
}
