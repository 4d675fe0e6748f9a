import { inputError } from '../../../contract/errors.ts';
import { printValue } from '../../../contract/params.ts';
import { fileStemOf } from './sources.ts';

/** Most bytes of one part between slashes. Nodes put numbers, labels and endings behind it; systems take 255 bytes. */
const MAX_SEGMENT_BYTES = 100;
/** Most parts between slashes: with {@link MAX_SEGMENT_BYTES} a name stays below the 260 characters of old Windows programs where it can. */
const MAX_SEGMENTS = 8;
/** Longest slug in characters. */
const MAX_SLUG = 60;

/** Names that Windows keeps for devices, with any ending. */
const RESERVED = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(?:\.|$)/iu;
/** What some file system refuses or hides: its own characters, controls, invisible formatting, private and unpaired code points. */
const UNSAFE = /[<>:"/\\|?*\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]+/gu;

function cut(text: string, bytes: number): string {
  let size = 0;
  let end = 0;
  for (const character of text) {
    size += Buffer.byteLength(character);
    if (size > bytes) return text.slice(0, end);
    end += character.length;
  }
  return text;
}

/**
 * A text as one part of a file name that every system takes: no separators or controls, no dot in front, no dot or space at the end, no device name of Windows,
 * at most 100 bytes of UTF-8 in composed form; never empty.
 */
export function safeSegment(text: string, bytes = MAX_SEGMENT_BYTES): string {
  const clean = text.normalize('NFC').replace(UNSAFE, '-').replace(/^[.\s]+/, '');
  const short = cut(clean, bytes - 1).replace(/[.\s]+$/, '');
  if (short === '') return 'untitled';
  return RESERVED.test(short) ? `_${short}` : short;
}

/** A text as lower-case words with dashes between, in any script, at most 60 characters; `untitled` when nothing is left. Accents of Latin letters go. */
export function slugOf(text: string): string {
  const base = text.slice(0, 4 * MAX_SLUG).normalize('NFKD').replace(/[\u0300-\u036f]/g, '').normalize('NFC').toLowerCase();
  const words = base.replace(/[^\p{L}\p{M}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '');
  const short = [...words].slice(0, MAX_SLUG).join('').replace(/-+$/, '');
  return short === '' ? 'untitled' : short;
}

type Filter = (text: string) => string;

/** Filters of templates by name, one entry each; besides these, a number pads whole numbers with zeros. */
const FILTERS: Readonly<Record<string, Filter>> = { slug: slugOf, stem: fileStemOf };

function filterNamed(name: string, where: string): Filter {
  if (/^[1-9]$/.test(name)) return (text) => (/^\d+$/.test(text) ? text.padStart(Number(name), '0') : text);
  const filter = Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined;
  if (filter === undefined) throw inputError('batch.template-filter', where, `a filter must be ${Object.keys(FILTERS).join(', ')} or a number of digits in 1..9`, { got: printValue(name) });
  return filter;
}

/** Distinct texts whose filtered form is kept: axes repeat few values over many rows. */
const MEMO_LIMIT = 100_000;

interface Token { readonly token: string; readonly apply: Filter }
type Piece = string | Token;

function memoized(filter: Filter): Filter {
  const known = new Map<string, string>();
  return (text) => {
    const value = known.get(text) ?? filter(text);
    if (known.size < MEMO_LIMIT) known.set(text, value);
    return value;
  };
}

/** A template of file names, ready to be filled. */
export interface NameTemplate {
  /** Tokens that it takes, each once. */
  readonly tokens: readonly string[];
  /** A safe relative name, with `/` between folders and without an ending. */
  render(value: (token: string) => string): string;
}

function parseToken(text: string, known: ReadonlySet<string>, where: string): Token {
  const [token = '', ...filters] = text.split(':');
  if (!known.has(token)) throw inputError('batch.template-token', where, 'a template must name tokens that there are', { got: printValue(`{${text}}`), hint: `Tokens: ${[...known].join(', ')}` });
  const steps = filters.map((name) => filterNamed(name, where));
  return { token, apply: memoized((value) => steps.reduce((result, step) => step(result), value)) };
}

function parsePieces(segment: string, known: ReadonlySet<string>, where: string): Piece[] {
  const pieces: Piece[] = [];
  let rest = segment;
  for (let open = rest.indexOf('{'); open >= 0; open = rest.indexOf('{')) {
    const close = rest.indexOf('}', open);
    if (close < 0) throw inputError('batch.template', where, 'a "{" must be closed by a "}"', { got: printValue(segment) });
    pieces.push(rest.slice(0, open), parseToken(rest.slice(open + 1, close), known, where));
    rest = rest.slice(close + 1);
  }
  return [...pieces, rest].filter((piece) => piece !== '');
}

function checkLiteral(piece: Piece, template: string, where: string): void {
  if (typeof piece === 'string' && (/[<>:"\\|?*}]/.test(piece) || /[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/u.test(piece))) {
    throw inputError('batch.template', where, 'a template must hold only characters that every system allows in file names (no <>:"|?*\\ and no stray braces)', { got: printValue(template) });
  }
}

/**
 * Reads a template such as `{prompt:slug}/{seed}`.
 * @param known Tokens that there are.
 * @throws AppError `batch.template`, `batch.template-token`, `batch.template-filter`.
 */
export function parseTemplate(template: string, known: ReadonlySet<string>, where: string): NameTemplate {
  const texts = template.split('/');
  if (texts.some((text) => text === '' || /^\.+$/.test(text)) || texts.length > MAX_SEGMENTS) {
    throw inputError('batch.template', where, `a template must be a relative name of at most ${MAX_SEGMENTS} parts, without "." and ".."`, { got: printValue(template) });
  }
  const segments = texts.map((text) => parsePieces(text, known, where));
  for (const piece of segments.flat()) checkLiteral(piece, template, where);
  const tokens = segments.flat().flatMap((piece) => (typeof piece === 'string' ? [] : [piece.token]));
  return {
    tokens: [...new Set(tokens)],
    render: (value) => segments.map((pieces) => safeSegment(pieces.map((piece) => (typeof piece === 'string' ? piece : piece.apply(value(piece.token)))).join(''))).join('/'),
  };
}

/** What tells names apart on every system: neither case nor the form of composed characters. */
export function nameKey(name: string): string {
  return name.normalize('NFKC').toUpperCase();
}

/** Gives each name once: the second `fox` becomes `fox-2`. */
export class UniqueNames {
  private readonly taken = new Set<string>();
  /** Last number that was given to a name, so that a thousand equal names take a thousand steps. */
  private readonly last = new Map<string, number>();

  /** @param suffixes What is put behind every name (several outputs of one row): none of the results may be taken either. */
  constructor(private readonly suffixes: readonly string[] = ['']) {}

  /** Takes a name as it is. @returns false, and takes nothing, when it isn't free. */
  reserve(name: string): boolean {
    const keys = this.suffixes.map((suffix) => nameKey(`${name}${suffix}`));
    if (keys.some((key) => this.taken.has(key))) return false;
    for (const key of keys) this.taken.add(key);
    return true;
  }

  /** Takes the name, or the name with the first number that is free. */
  take(name: string): string {
    if (this.reserve(name)) return name;
    const key = nameKey(name);
    for (let number = (this.last.get(key) ?? 1) + 1; ; number += 1) {
      const next = `${name}-${number}`;
      if (!this.reserve(next)) continue;
      this.last.set(key, number);
      return next;
    }
  }
}

/** Whether `name` is `wanted` or `wanted` with a number from {@link UniqueNames}. */
export function isNumberedForm(name: string, wanted: string): boolean {
  return name === wanted || (name.startsWith(`${wanted}-`) && /^[1-9]\d{0,6}$/.test(name.slice(wanted.length + 1)));
}
