import { inputError } from '../../../contract/errors.ts';
import { sharedFolderStore } from './shared-folder-store.ts';
import type { Store, StoreKind } from './store.ts';

/** Every kind of store; the first that accepts a location opens it. */
export const STORE_KINDS: readonly StoreKind[] = [sharedFolderStore];

/**
 * Opens a store and makes sure that it can be used.
 * @param location As typed: the path of a shared folder.
 * @throws AppError `store.unknown-kind`, `store.check`.
 */
export async function openStore(location: string): Promise<Store> {
  const kind = STORE_KINDS.find((candidate) => candidate.accepts(location));
  if (kind === undefined) {
    throw inputError('store.unknown-kind', '--store', `must name ${STORE_KINDS.map(({ title }) => title).join(' or ')}`, { got: location.replace(/\/\/[^@/]*@/, '//***@') });
  }
  const store = kind.open(location);
  await store.check();
  return store;
}
