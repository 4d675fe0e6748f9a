import { runError, type AppError } from '../../../contract/errors.ts';

/**
 * Where the machines of a fleet exchange files: plans, tables, outputs, records of finished rows. Names have parts joined by `/`, allowed on every system.
 * What the fleet promises rests on three properties, which an object store has as well: a reader sees whole files only, `create` lets one writer win,
 * and what was written is still there after a power cut.
 */
export interface Store {
  /** For messages. Never holds a secret. */
  readonly location: string;
  /** Makes sure that the store can be used. @throws AppError `store.*`. */
  check(): Promise<void>;
  /** @throws AppError `store.read`. */
  has(name: string): Promise<boolean>;
  /** The content, or undefined when there is nothing of this name. @throws AppError `store.read`. */
  get(name: string): Promise<Uint8Array | undefined>;
  /** Writes, replacing what was there. @throws AppError `store.write`. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** Writes only if there is nothing of this name: false when there is. Of several writers one wins. @throws AppError `store.write`. */
  create(name: string, bytes: Uint8Array): Promise<boolean>;
  /** Names of what lies below a folder (`done`), in no order. @throws AppError `store.read`. */
  list(folder: string): AsyncIterable<string>;
  /** Removes; nothing of this name is fine. @throws AppError `store.write`. */
  delete(name: string): Promise<void>;
}

/** One kind of store: one file, and one entry of the list in stores.ts. */
export interface StoreKind {
  /** For messages: `a shared folder`. */
  readonly title: string;
  /** Whether a location as typed by the user is of this kind. */
  accepts(location: string): boolean;
  open(location: string): Store;
}

/** A failure of the store itself. It is never the fault of a row: workers give their row back and wait. */
export function storeError(doing: 'read' | 'write' | 'check', location: string, name: string, thrown: unknown): AppError {
  const got = thrown instanceof Error ? thrown.message : String(thrown);
  return runError(`store.${doing}`, `Store ${location}`, name === '' ? 'must be usable' : `"${name}" must be ${doing === 'read' ? 'readable' : 'writable'}`, {
    got, hint: 'Check that the store is there, that it has room and that this user may read and write it',
  });
}

/** True for failures of the store that may pass: it can't be reached, it is full. A file in it that isn't what it should be stays so. */
export function isStoreError(code: string): boolean {
  return code.startsWith('store.') && code !== 'store.damaged';
}
