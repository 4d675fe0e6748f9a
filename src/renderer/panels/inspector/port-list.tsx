import type { VNode } from 'preact';
import type { PortSchema } from '../../../contract/node.ts';
import { PORT_TYPES } from '../../../contract/port-types.ts';
import { words } from '../../words.ts';

/** Ports with type, colour and what they are for. */
export function PortList({ title, ports }: { readonly title: string; readonly ports: Readonly<Record<string, PortSchema>> }): VNode | null {
  const entries = Object.entries(ports);
  if (entries.length === 0) return null;
  return (
    <>
      <h4>{title}</h4>
      {entries.map(([name, port]) => (
        <div key={name} class="port small"><PortDot port={port} /><PortText name={name} port={port} /></div>
      ))}
    </>
  );
}

/** What a port is, in words. */
export function PortText({ name, port }: { readonly name: string; readonly port: PortSchema }): VNode {
  return <span class="grow"><b>{words(name)}</b> <span class="muted">{port.type}{port.optional === true ? ', optional' : ''}{port.many === true ? ', several' : ''}.</span> {port.doc}</span>;
}

/** A port as the canvas draws it: the colour of its type, square for several links. */
export function PortDot({ port: { type, many } }: { readonly port: { readonly type: string; readonly many?: boolean | undefined } }): VNode {
  return <span class={many === true ? 'dot square' : 'dot'} style={{ background: PORT_TYPES.find(({ name }) => name === type)?.color ?? 'currentColor' }} />;
}
