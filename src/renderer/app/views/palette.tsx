import { Star } from 'lucide';
import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { paletteCandidates, searchPalette, type PaletteCandidate } from '../../graph/index.ts';
import { PortList } from '../../panels/inspector/port-list.tsx';
import { Button } from '../../panels/kit/button.tsx';
import { SearchList } from '../../panels/kit/search-list.tsx';
import { words } from '../../words.ts';
import { useWindow, type PaletteRequest } from '../window-context.ts';
import { usePressOutside } from './press-outside.ts';

const WIDTH = 560;
const HEIGHT = 384;
const MARGIN = 8;

/** Picks a node type to add: favourites and what is used most first, only what fits when a link was dropped. */
export function Palette({ request }: { readonly request: PaletteRequest }): VNode {
  const state = useWindow();
  const { documents, preferences } = state.studio;
  const [shown, setShown] = useState<PaletteCandidate>();
  const candidates = useMemo(() => rank(paletteCandidates(documents.view.value, request.link && { ...request.link.from, side: request.link.side }, new Map(Object.entries(preferences.values.uses.value))), preferences.values.favourites.value), [request]);
  const close = (): void => {
    state.palette.value = undefined;
    state.focusCanvas();
  };
  usePressOutside('.palette', close);
  const choose = (candidate: PaletteCandidate): void => {
    preferences.count('uses', candidate.schema.type);
    addNode(state, request, candidate);
    close();
  };
  const find = (text: string): readonly PaletteCandidate[] => searchPalette(candidates, text).map(({ item }) => item);
  const left = Math.max(MARGIN, Math.min(request.clientX, window.innerWidth - WIDTH - MARGIN));
  const top = Math.max(MARGIN, Math.min(request.clientY, window.innerHeight - HEIGHT - MARGIN));
  return (
    <div class="palette" role="dialog" aria-label="Add a node" style={{ left: `${left}px`, top: `${top}px` }}>
      <SearchList label={request.link ? `Add a node that fits ${words(request.link.from.port)}` : 'Add a node'} find={find} keyOf={({ schema }) => schema.type} draw={(candidate) => <Line candidate={candidate} favourite={preferences.values.favourites.value.includes(candidate.schema.type)} />}
        onChoose={choose} onClose={close} onActive={setShown} none="No node type like that" listClass="palette-list" />
      <div class="palette-doc" aria-live="polite">{shown && <Doc candidate={shown} />}</div>
    </div>
  );
}

/** Favourites first; otherwise the order stays. */
function rank(candidates: readonly PaletteCandidate[], favourites: readonly string[]): readonly PaletteCandidate[] {
  return [...candidates].sort((a, b) => Number(favourites.includes(b.schema.type)) - Number(favourites.includes(a.schema.type)));
}

function Line({ candidate: { schema }, favourite }: { readonly candidate: PaletteCandidate; readonly favourite: boolean }): VNode {
  return <><span class="cut">{favourite ? '★ ' : ''}{schema.title}</span><span class="muted">{schema.category}</span></>;
}

function Doc({ candidate: { schema, port } }: { readonly candidate: PaletteCandidate }): VNode {
  const { preferences } = useWindow().studio;
  const favourites = preferences.values.favourites.value;
  const favourite = favourites.includes(schema.type);
  return (
    <>
      <div class="row"><h3 class="grow">{schema.title}</h3>
        <Button quiet icon={Star} label="Favourite" pressed={favourite} onClick={() => preferences.set('favourites', favourite ? favourites.filter((type) => type !== schema.type) : [...favourites, schema.type])} />
      </div>
      <p>{schema.doc}</p>
      {port !== undefined && <p class="muted">The link goes to <b>{words(port)}</b>.</p>}
      <PortList title="Inputs" ports={schema.inputs} />
      <PortList title="Outputs" ports={schema.outputs} />
    </>
  );
}

function addNode({ studio: { documents } }: ReturnType<typeof useWindow>, { at, link }: PaletteRequest, { schema, port }: PaletteCandidate): void {
  documents.editor.transaction(`Add ${schema.title}`, () => {
    const added = documents.dispatch({ type: 'add-node', nodeType: schema.type, position: at });
    const id = added.ok ? added.created[0] : undefined;
    if (id === undefined || !link || port === undefined) return;
    const ends = link.side === 'output' ? { from: link.from, to: { node: id, port } } : { from: { node: id, port }, to: link.from };
    documents.dispatch({ type: 'connect', ...ends });
  });
}
