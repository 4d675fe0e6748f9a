import type { Workspace } from '../workspace.ts';

/** What was found in a file or folder: plain data, printed as indented lines or JSON. */
export interface Findings {
  readonly kind: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Knows one kind of file. The first inspector that recognizes the path speaks. */
export interface Inspector {
  readonly kind: string;
  recognizes(path: string, isFolder: boolean): Promise<boolean>;
  inspect(path: string, workspace: Workspace): Promise<Findings>;
}
