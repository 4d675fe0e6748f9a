import { signal, type Signal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { internalError } from '../../../contract/errors.ts';
import type { NodeSchema } from '../../../contract/node.ts';
import type { StudioInfo } from '../../../contract/studio-api.ts';
import type { StudioClient, StudioConnection } from '../../api.ts';
import { Catalogue } from '../../graph/index.ts';
import { BatchStore } from './batches.ts';
import { DocumentStore } from './documents.ts';
import { FleetStore } from './fleet.ts';
import { Notices } from './notices.ts';
import { Pictures } from './pictures.ts';
import { Preferences } from './preferences.ts';
import { RunStore } from './runs.ts';

/** What panels may ask of the canvas. */
export interface CanvasControl {
  focusNode(id: string): void;
  fit(nodes?: Iterable<string>): void;
}

/** A picture that is looked at large, with others to compare it with. */
export interface Viewing {
  readonly results: readonly string[];
  readonly index: number;
  /** Result to hold against it. */
  readonly against?: string;
}

/** Everything that a window knows and can do; panels reach it by {@link useStudio}. */
export class Studio {
  readonly notices = new Notices();
  readonly pictures: Pictures;
  readonly preferences: Preferences;
  readonly documents: DocumentStore;
  readonly runs: RunStore;
  readonly batches: BatchStore;
  readonly fleet: FleetStore;
  readonly connection: Signal<StudioConnection> = signal('connecting');
  /** The param whose field has been asked for: it takes the focus when it shows. */
  readonly wantedParam: Signal<{ readonly node: string; readonly param: string } | undefined> = signal(undefined);
  /** The concept table that is looked into. */
  readonly table: Signal<string | undefined> = signal(undefined);
  readonly viewing: Signal<Viewing | undefined> = signal(undefined);
  canvas: CanvasControl = { focusNode() {}, fit() {} };

  constructor(readonly client: StudioClient, readonly info: StudioInfo, schemas: readonly NodeSchema[]) {
    this.preferences = new Preferences(client);
    this.pictures = new Pictures(client);
    this.documents = new DocumentStore(client, this.notices, new Catalogue(schemas));
    this.runs = new RunStore(client, this.documents, this.notices);
    this.batches = new BatchStore(client, this.notices);
    this.fleet = new FleetStore(client);
    client.onConnection((state) => {
      const back = this.connection.value === 'closed' || this.connection.value === 'connecting';
      this.connection.value = state;
      if (state !== 'open' || !back) return;
      void this.runs.refresh();
      void this.batches.refresh();
    });
  }

  /** Selects a node and brings it into view. */
  focusNode(id: string): void {
    this.documents.editor.select({ nodes: [id] });
    this.canvas.focusNode(id);
  }

  /** Shows a param's field and puts the focus there. */
  focusParam(node: string, param: string): void {
    if (!this.preferences.values.inspector.value) this.preferences.set('inspector', true);
    this.documents.editor.select({ nodes: [node] });
    this.wantedParam.value = { node, param };
  }

  /** Opens a panel on the left; the same one again closes it. */
  toggleDock(name: string): void {
    this.preferences.set('dock', this.preferences.values.dock.value === name ? '' : name);
  }

  /** Opens a panel on the left. */
  showDock(name: string): void {
    this.preferences.set('dock', name);
  }
}

/** Starts a window: asks what there is, reads preferences. */
export async function startStudio(client: StudioClient): Promise<Studio> {
  const [info, schemas] = await Promise.all([client.call('studio.start', {}), client.call('catalogue.nodes', {})]);
  const studio = new Studio(client, info, schemas);
  await studio.preferences.load();
  return studio;
}

/** Hands the studio to panels. */
export const StudioContext = createContext<Studio | undefined>(undefined);

/** The studio of this window. */
export function useStudio(): Studio {
  const studio = useContext(StudioContext);
  if (!studio) throw internalError('studio.no-context', 'Panel', 'must be inside the studio');
  return studio;
}
