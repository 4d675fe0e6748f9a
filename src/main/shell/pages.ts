import type { PageFile } from '../ipc/page-files.ts';
import { PAGE_HEADERS } from '../ipc/page-policy.ts';
import type { PageAnswer } from './platform.ts';

/** The scheme that pages of the desktop program are loaded by: no `file:` page, which could read every file. */
export const PAGE_SCHEME = 'engram';
const ORIGIN = `${PAGE_SCHEME}://studio`;
/** What windows load. */
export const PAGE_ADDRESS = `${ORIGIN}/`;

/** Whether an address is a page of the studio. Parsed: what only begins like one is none. */
export function isStudioPage(address: string | undefined): boolean {
  if (address === undefined) return false;
  try {
    const { protocol, host, username, password, port } = new URL(address);
    return protocol === `${PAGE_SCHEME}:` && host === 'studio' && username === '' && password === '' && port === '';
  } catch {
    return false;
  }
}

function refused(status: number, text: string): PageAnswer {
  return { status, headers: { ...PAGE_HEADERS, 'Content-Type': 'text/plain; charset=utf-8' }, body: text };
}

/** Answers a request of the scheme out of the list of files: no address becomes a path. */
export function answerPage(files: ReadonlyMap<string, PageFile>, address: string, method: string): PageAnswer {
  if (method !== 'GET' && method !== 'HEAD') return refused(405, 'Only GET is answered.');
  if (!isStudioPage(address)) return refused(403, 'This address is not one of the studio.');
  const file = files.get(new URL(address).pathname);
  if (file === undefined) return refused(404, 'There is nothing here.');
  return { status: 200, headers: { ...PAGE_HEADERS, 'Content-Type': file.type }, body: method === 'HEAD' ? '' : file.bytes };
}

/** The only permissions that the studio's own page gets; every other page gets none. */
const PERMISSIONS: ReadonlySet<string> = new Set(['clipboard-sanitized-write', 'clipboard-read']);

/** Whether a page may have a permission: no for all but the studio's own clipboard. */
export function allowsPermission(permission: string, origin: string): boolean {
  return PERMISSIONS.has(permission) && isStudioPage(origin);
}
