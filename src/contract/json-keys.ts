/** What {@link scanJsonKeys} found: the text is nested deeper than allowed, or one object has the same key twice. */
export type JsonKeyFault = { readonly kind: 'depth' } | { readonly kind: 'duplicate'; readonly key: string };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/**
 * Looks for duplicate keys, which JSON.parse hides by keeping the last, and for nesting deeper than `maxDepth`. One pass, linear in
 * the text's length. Text that isn't JSON never throws here: JSON.parse is the judge of that.
 */
export function scanJsonKeys(text: string, maxDepth: number): JsonKeyFault | undefined {
  const keys: Set<string>[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x7b || code === 0x5b) {
      if (keys.length === maxDepth) return { kind: 'depth' };
      keys.push(new Set());
    } else if (code === 0x7d || code === 0x5d) {
      keys.pop();
    } else if (code === QUOTE) {
      const end = endOfString(text, at);
      if (isKey(text, end)) {
        const key = decode(text.slice(at, end));
        const seen = keys.at(-1);
        if (seen?.has(key) === true) return { kind: 'duplicate', key };
        seen?.add(key);
      }
      at = end - 1;
    }
  }
  return undefined;
}

/** The index after the closing quote of the string that opens at `start`; the text's length when it never closes. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH) at += 1;
  }
  return text.length;
}

/** In JSON a string followed by a colon is a key, and nothing else is. */
function isKey(text: string, end: number): boolean {
  let at = end;
  while (/[\t\n\r ]/.test(text.charAt(at))) at += 1;
  return text.charCodeAt(at) === COLON;
}

/** `"\u0061"` and `"a"` are the same key. */
function decode(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return quoted;
  }
}
