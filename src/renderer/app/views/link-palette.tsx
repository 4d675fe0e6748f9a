import { Plus } from 'lucide';
import type { VNode } from 'preact';
import { describeError } from '../../../contract/errors.ts';
import { freePlace, joinPorts, linkTargets, ownPorts, type LinkTarget, type SidedPort } from '../../graph/index.ts';
import { PortDot } from '../../panels/inspector/port-list.tsx';
import { fuzzy } from '../../panels/kit/fuzzy.ts';
import { Icon } from '../../panels/kit/icon.tsx';
import { SearchList } from '../../panels/kit/search-list.tsx';
import { words } from '../../words.ts';
import { useWindow, type LinkRequest, type WindowState } from '../window-context.ts';
import { usePressOutside } from './press-outside.ts';

/** Links ports by choosing from lists, for who has no mouse: first a port of the node, then the port that it goes to. */
export function LinkPalette({ request }: { readonly request: LinkRequest }): VNode {
  const state = useWindow();
  const close = (): void => {
    state.linking.value = undefined;
    state.focusCanvas();
  };
  usePressOutside('.palette', close);
  return (
    <div class="palette commands" role="dialog" aria-label="Link a port">
      {request.port === undefined ? <OwnPorts node={request.node} onClose={close} /> : <Targets key={`${request.port.side} ${request.port.port}`} from={{ ...request.port, node: request.node }} onClose={close} />}
    </div>
  );
}

interface StepProps { readonly onClose: () => void }

function OwnPorts({ node, onClose }: StepProps & { readonly node: string }): VNode {
  const state = useWindow();
  const view = state.studio.documents.view.value;
  const ports = ownPorts(view, node);
  const kindOf = ({ side, isParam }: (typeof ports)[number]): string => (isParam ? 'param' : side);
  return (
    <SearchList label={`Link which port of ${view.titleOf(node)}?`} find={(text) => fuzzy(ports, text, (own) => `${words(own.port)} ${kindOf(own)} ${own.schema.type}`)}
      keyOf={({ side, port }) => `${side} ${port}`} onChoose={({ side, port }) => { state.linking.value = { node, port: { side, port } }; }} onClose={onClose} none="No port like that" listClass="palette-list"
      draw={(own) => <><PortDot port={own.schema} /><span class="grow cut">{words(own.port)}</span><span class="muted">{kindOf(own)}, {own.schema.type}</span></>} />
  );
}

/** A port to link to, or a node that is yet to be added. */
type Choice = LinkTarget | 'new-node';

function Targets({ from, onClose }: StepProps & { readonly from: SidedPort }): VNode {
  const state = useWindow();
  const { documents } = state.studio;
  const view = documents.view.value;
  const choices: readonly Choice[] = [...linkTargets(view, from), 'new-node'];
  const nameOf = (choice: Choice): string => (choice === 'new-node' ? 'Add a node that fits' : `${view.titleOf(choice.node)} ${words(choice.port)} ${choice.node}`);
  const choose = (choice: Choice): void => {
    onClose();
    if (choice === 'new-node') addFitting(state, from);
    else documents.dispatch({ type: 'connect', ...joinPorts(from, choice) });
  };
  return (
    <SearchList label={`Link ${words(from.port)} of ${view.titleOf(from.node)} to`} find={(text) => fuzzy(choices, text, nameOf)} keyOf={(choice) => (choice === 'new-node' ? choice : `${choice.node} ${choice.port}`)}
      reasonAgainst={(choice) => (choice === 'new-node' || choice.fault === undefined ? undefined : describeError(choice.fault))} onChoose={choose} onClose={onClose} none="No port like that" listClass="palette-list"
      draw={(choice) => (choice === 'new-node' ? <><Icon icon={Plus} size={14} /><span class="grow">Add a node that fits…</span></> : <Target choice={choice} title={view.titleOf(choice.node)} replaced={choice.replaces && view.titleOf(choice.replaces.node)} />)} />
  );
}

function Target({ choice, title, replaced }: { readonly choice: LinkTarget; readonly title: string; readonly replaced: string | undefined }): VNode {
  const remark = choice.fault ? describeError(choice.fault) : replaced === undefined ? choice.schema.type : `instead of the link from ${replaced}`;
  return <><PortDot port={choice.schema} /><span class="grow cut">{title} <b>{words(choice.port)}</b> <code class="small">{choice.node}</code></span><span class="muted cut">{remark}</span></>;
}

/** Offers node types for the other end of a link, beside the node that it starts at. */
function addFitting(state: WindowState, { node, side, port }: SidedPort): void {
  const { canvas } = state;
  const box = canvas?.boxes([node]).get(node);
  if (!canvas || !box) return;
  const at = freePlace(canvas.boxes(), [side === 'output' ? box.x + box.width + 60 : box.x - box.width - 60, box.y], [box.width, box.height]);
  const [clientX, clientY] = canvas.windowPoint(...at);
  state.palette.value = { clientX, clientY, at, link: { from: { node, port }, side } };
}
