import { effect } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { PORT_TYPES } from '../../../contract/port-types.ts';
import { GraphCanvas } from '../../canvas/graph-canvas.ts';
import { Shower } from '../../canvas/show.ts';
import { makeIntents } from '../intents.ts';
import { StatusMaker } from '../statuses.ts';
import type { DocumentStore } from '../../panels/studio/documents.ts';
import { useWindow, type WindowState } from '../window-context.ts';

const PORT_COLORS: ReadonlyMap<string, string> = new Map(PORT_TYPES.map(({ name, color }) => [name, color]));

/** The canvas, kept up to date with the open graph and its run. */
export function CanvasView(): VNode {
  const state = useWindow();
  const { preferences, documents } = state.studio;
  const element = useRef<HTMLCanvasElement>(null);
  useEffect(() => (element.current ? mount(state, element.current) : undefined), []);
  const count = Object.keys(documents.view.value.nodes).length;
  return (
    <>
      <canvas ref={element} id="graph-canvas" tabIndex={0} role="application" aria-label={`Graph with ${count} nodes`} aria-describedby="canvas-help" />
      <div id="canvas-help" class="hidden-text">Tab adds a node. The outline panel lists all nodes for use by keyboard.</div>
      {count === 0 && <div class="canvas-start"><strong>This graph is empty</strong><span>Double-click, or press Tab, to add a node. Drop a graph or a picture of yours to open it.</span></div>}
      {preferences.values.minimap.value && count > 0 && <MinimapView />}
    </>
  );
}

function MinimapView(): VNode {
  const state = useWindow();
  const element = useRef<HTMLCanvasElement>(null);
  const canvas = state.canvasShown.value;
  useEffect(() => {
    canvas?.attachMinimap(element.current);
    return () => canvas?.attachMinimap(null);
  }, [canvas]);
  return <canvas ref={element} class="minimap" aria-hidden="true" />;
}

function mount(state: WindowState, element: HTMLCanvasElement): () => void {
  const { studio } = state;
  const canvas = new GraphCanvas(element, makeIntents(state), PORT_COLORS);
  state.canvasShown.value = canvas;
  studio.canvas = { focusNode: (id) => canvas.focusNode(id), fit: (nodes) => canvas.fit(nodes) };
  const statuses = new StatusMaker(studio, () => canvas.tell(statuses.current));
  const stops = [
    showDocument(studio.documents, canvas),
    effect(() => statuses.update(studio.runs.run.value, studio.documents.faults.value)),
    effect(() => {
      const { dragOnNothing, wheel } = studio.preferences.values;
      canvas.habits = { dragOnNothing: dragOnNothing.value, wheel: wheel.value };
    }),
    effect(() => {
      // Read so that a change of either redraws: the style sheet has the colours.
      void [studio.preferences.values.theme.value, studio.preferences.values.scale.value];
      requestAnimationFrame(() => canvas.retheme());
    }),
  ];
  return () => {
    for (const stop of stops) stop();
    state.canvasShown.value = undefined;
    canvas.dispose();
  };
}

/** Keeps the canvas up to date with the document: a very large one comes piece by piece, so that the window answers meanwhile. @returns what ends it. */
function showDocument(documents: DocumentStore, canvas: GraphCanvas): () => void {
  const shower = new Shower();
  let fitted = -1;
  let rest: ReturnType<typeof setTimeout> | undefined;
  const show = (): void => {
    clearTimeout(rest);
    const shown = shower.show(documents.view.value, documents.state.value);
    canvas.show(shown);
    if (!shown.complete) rest = setTimeout(show);
    else if (documents.opened.value !== fitted) {
      fitted = documents.opened.value;
      canvas.fit();
    }
  };
  const stop = effect(() => {
    // Read, whatever is shown of them now.
    void [documents.view.value, documents.state.value, documents.opened.value];
    show();
  });
  return () => {
    clearTimeout(rest);
    stop();
  };
}
