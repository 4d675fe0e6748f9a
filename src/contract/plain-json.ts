/** Objects and lists within each other, at most: what reads or writes files may recurse that deep. */
export const MAX_JSON_DEPTH = 64;

/** What is wrong with a value that came from JSON, and where. */
export interface JsonFault {
  readonly code: 'prototype-key' | 'too-deep';
  /** Keys from the top, joined by dots. */
  readonly path: string;
  readonly rule: string;
}

interface Place { readonly value: object; readonly key: string; readonly depth: number; readonly parent: Place | undefined }

function pathOf(place: Place | undefined, key: string): string {
  const keys = [key];
  for (let at = place; at?.parent !== undefined; at = at.parent) keys.push(at.key);
  const path = keys.reverse();
  return path.length > 12 ? `${path.slice(0, 6).join('.')} ... ${path.slice(-2).join('.')}` : path.join('.');
}

/** Looks through parsed JSON for what no file of ours holds: a key `__proto__`, which copies would lose or take for a prototype, and depth that would end the stack. */
export function findJsonFault(value: unknown, maxDepth = MAX_JSON_DEPTH): JsonFault | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const pending: Place[] = [{ value, key: '', depth: 1, parent: undefined }];
  for (let place = pending.pop(); place !== undefined; place = pending.pop()) {
    for (const key of Object.keys(place.value)) {
      if (key === '__proto__') return { code: 'prototype-key', path: pathOf(place, key), rule: 'must have no key "__proto__"' };
      const child: unknown = (place.value as Record<string, unknown>)[key];
      if (typeof child !== 'object' || child === null) continue;
      if (place.depth >= maxDepth) return { code: 'too-deep', path: pathOf(place, key), rule: `objects and lists must be at most ${maxDepth} deep` };
      pending.push({ value: child, key, depth: place.depth + 1, parent: place });
    }
  }
  return undefined;
}
