import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** JSON with sorted keys and no white space: equal data gives equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value as Record<string, unknown>).filter(([, item]) => item !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

/** SHA-256 of a text, hex. */
export function hashText(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}

/** What stands for a path that is read: equal contents are equal wherever they lie. */
export interface Contents {
  /** Fingerprint of the file or folder. */
  readonly contents: string;
}

/** Everything that a node's results depend on. Kept beside the key, so that a later run can say what has changed. */
export interface KeyParts {
  readonly type: string;
  readonly version: number;
  /** Param values; for paths that are read, their {@link Contents}. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Upstream content keys with ports, by input. */
  readonly inputs: Readonly<Record<string, readonly string[]>>;
  readonly device: string | null;
}

/** The content key of a node: SHA-256 over its canonical parts. */
export function contentKey(parts: KeyParts): string {
  return hashText(canonicalJson(parts));
}

/** What differs between two sets of parts, in words: `param "steps": 20 -> 30`. */
export function changesBetween(before: KeyParts, after: KeyParts): string[] {
  const changes: string[] = [];
  if (before.version !== after.version || before.type !== after.type) {
    changes.push(`node type ${before.type} version ${before.version} -> ${after.type} version ${after.version}`);
  }
  for (const name of new Set([...Object.keys(before.params), ...Object.keys(after.params)])) {
    const [from, to] = [canonicalJson(before.params[name]), canonicalJson(after.params[name])];
    if (from === to) continue;
    const isPath = isContents(before.params[name]) && isContents(after.params[name]);
    changes.push(isPath ? `contents of "${name}" have changed` : `param "${name}": ${shorten(from)} -> ${shorten(to)}`);
  }
  for (const name of new Set([...Object.keys(before.inputs), ...Object.keys(after.inputs)])) {
    if (canonicalJson(before.inputs[name] ?? []) !== canonicalJson(after.inputs[name] ?? [])) changes.push(`input "${name}" has changed`);
  }
  if (before.device !== after.device) changes.push(`device: ${before.device ?? 'none'} -> ${after.device ?? 'none'}`);
  return changes;
}

function isContents(value: unknown): value is Contents {
  return typeof value === 'object' && value !== null && 'contents' in value;
}

function shorten(text: string): string {
  return text.length <= 48 ? text : `${text.slice(0, 45)}...`;
}
