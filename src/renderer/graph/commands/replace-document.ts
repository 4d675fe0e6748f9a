import type { GraphFile } from '../../../contract/graph-file.ts';
import { openState } from '../state.ts';
import { defineCommand } from './command.ts';

/** Puts another document in the place of this one, as a step that can be undone: a restored version, a result's graph. */
export interface ReplaceDocument {
  readonly type: 'replace-document';
  readonly document: GraphFile;
  /** In the user's words: `Restore a version`. */
  readonly name: string;
}

export const replaceDocument = defineCommand<ReplaceDocument>({
  type: 'replace-document',
  name: (command) => command.name,
  apply: (command) => ({ state: openState(command.document) }),
});
