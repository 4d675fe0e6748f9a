import type { StudioCheckedInput } from '../../contract/studio-api.ts';
import { IMAGE_FILE_KINDS } from '../services/file-kinds.ts';
import type { DialogRequest } from './platform.ts';

type Purpose = StudioCheckedInput<'files.pick'>['purpose'];

/** The last part of an ending: systems filter by that alone. */
const GRAPHS = { name: 'Graphs', extensions: ['graph.json', 'json'] };
const TABLES = { name: 'Concept tables', extensions: ['engram.safetensors', 'safetensors'] };
const IMAGES = { name: 'Pictures', extensions: IMAGE_FILE_KINDS.map((ending) => ending.slice(1)) };

const REQUESTS: Readonly<Record<Purpose, Omit<DialogRequest, 'suggested'>>> = {
  'open-graph': { kind: 'open', title: 'Open graph', folder: false, filters: [{ ...GRAPHS, extensions: [...GRAPHS.extensions] }] },
  'save-graph': { kind: 'save', title: 'Save graph', folder: false, filters: [{ name: 'Graphs', extensions: ['graph.json'] }] },
  'open-table': { kind: 'open', title: 'Choose a concept table', folder: false, filters: [TABLES] },
  'open-image': { kind: 'open', title: 'Choose a picture', folder: false, filters: [IMAGES] },
  'open-folder': { kind: 'open', title: 'Choose a folder', folder: true, filters: [] },
};

/** What the system's dialog is asked for. */
export function dialogRequest(purpose: Purpose, suggested: string | undefined): DialogRequest {
  return { ...REQUESTS[purpose], ...(suggested === undefined ? {} : { suggested }) };
}
