import { inputError, type AppError } from './errors.ts';
import { printValue } from './params.ts';

/** Deepest nesting of braces, files in files included. */
const MAX_DEPTH = 32;

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'file'; readonly name: string }
  | { readonly kind: 'choice'; readonly options: readonly Option[] };
interface Option { readonly weight: number; readonly parts: readonly Part[] }

/** A text with choices, ready to be written out. */
export interface Wildcards {
  /** How many combinations there are; Infinity when they can't be counted exactly. */
  readonly count: number;
  /** The n-th combination, 0 <= n < count; the last choice in the text varies fastest. */
  nth(n: number): string;
  /** One combination: each choice by its weight. @param random Numbers in [0, 1). */
  draw(random: () => number): string;
}

/** Lines of the files that texts name, by name. */
export type WildcardFiles = ReadonlyMap<string, readonly string[]>;

function fault(code: string, where: string, rule: string, text: string, at: number): AppError {
  return inputError(`wildcards.${code}`, where, rule, {
    got: `${printValue(text.slice(Math.max(0, at - 20), at + 20))} at character ${at + 1}`, hint: 'Write \\{, \\} and \\| for the characters themselves',
  });
}

/** Reads `text {a|2::b|{file:words.txt}}` by recursive descent; each brace is visited once. */
class Parser {
  private at = 0;

  constructor(private readonly text: string, private readonly where: string) {}

  parse(): Part[] {
    const parts = this.sequence(0);
    if (this.at < this.text.length) throw fault('closing', this.where, 'a "}" must close a "{"', this.text, this.at);
    return parts;
  }

  /** Up to the end, or to a `|` or `}` that belongs to the braces around it. */
  private sequence(depth: number): Part[] {
    const parts: Part[] = [];
    let text = '';
    const flush = (): void => {
      if (text !== '') parts.push({ kind: 'text', text });
      text = '';
    };
    for (let character = this.text[this.at]; character !== undefined; character = this.text[this.at]) {
      if (character === '}' || (character === '|' && depth > 0)) break;
      if (character === '{') {
        flush();
        parts.push(this.braces(depth + 1));
        continue;
      }
      const next = this.text[this.at + 1];
      const escapes = character === '\\' && next !== undefined && '{}|\\'.includes(next);
      text += escapes ? next : character;
      this.at += escapes ? 2 : 1;
    }
    flush();
    return parts;
  }

  private braces(depth: number): Part {
    const start = this.at;
    if (depth > MAX_DEPTH) throw fault('depth', this.where, `braces must be nested at most ${MAX_DEPTH} deep`, this.text, start);
    this.at += 1;
    if (this.text.startsWith('file:', this.at)) return this.file(start);
    const options: Option[] = [];
    for (;;) {
      const weight = /^\s*(\d+(?:\.\d+)?)::/.exec(this.text.slice(this.at, this.at + 40));
      this.at += weight?.[0].length ?? 0;
      options.push({ weight: Number(weight?.[1] ?? 1), parts: this.sequence(depth) });
      if (this.text[this.at] === undefined) throw fault('open', this.where, 'a "{" must be closed by a "}"', this.text, start);
      this.at += 1;
      if (this.text[this.at - 1] === '}') break;
    }
    if (options.every(({ weight }) => weight === 0)) throw fault('weight', this.where, 'one choice at least must have a weight above 0', this.text, start);
    return { kind: 'choice', options };
  }

  private file(start: number): Part {
    const end = this.text.indexOf('}', this.at);
    if (end < 0) throw fault('open', this.where, 'a "{" must be closed by a "}"', this.text, start);
    const name = this.text.slice(this.at + 'file:'.length, end).trim();
    if (name === '' || /[{|]/.test(name)) throw fault('file', this.where, '{file:…} must hold the name of one file', this.text, start);
    this.at = end + 1;
    return { kind: 'file', name };
  }
}

function filesOf(parts: readonly Part[]): string[] {
  return parts.flatMap((part) => {
    if (part.kind === 'file') return [part.name];
    return part.kind === 'choice' ? part.options.flatMap((option) => filesOf(option.parts)) : [];
  });
}

/** The files that a text names with `{file:…}`, each once. @throws AppError `wildcards.*`. */
export function wildcardFiles(text: string, where: string): string[] {
  return [...new Set(filesOf(new Parser(text, where).parse()))];
}

/** Whether the beginning of a text seems to hold a choice or a file: for hints. */
export function looksLikeWildcards(text: string): boolean {
  return /\{(?:file:[^{}]{1,500}|[^{}|]{0,500}\|[^{}]{0,500})\}/.test(text.slice(0, 20_000));
}

/** First index whose running total is above `target`. */
function locate(totals: readonly number[], target: number): number {
  let low = 0;
  let high = totals.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((totals[middle] as number) > target) high = middle;
    else low = middle + 1;
  }
  return low;
}

function runningTotals(values: readonly number[]): number[] {
  let total = 0;
  return values.map((value) => (total += value));
}

/** Sums and products beyond exact whole numbers are as good as endless: every limit is far below. */
function exact(count: number): number {
  return Number.isSafeInteger(count) ? count : Infinity;
}

function sequenceOf(parts: readonly Wildcards[]): Wildcards {
  if (parts.length === 1) return parts[0] as Wildcards;
  return {
    count: exact(parts.reduce((product, part) => product * part.count, 1)),
    nth(n) {
      let rest = n;
      const texts: string[] = [];
      for (const part of [...parts].reverse()) {
        texts.push(part.nth(rest % part.count));
        rest = Math.floor(rest / part.count);
      }
      return texts.reverse().join('');
    },
    draw: (random) => parts.map((part) => part.draw(random)).join(''),
  };
}

function choiceOf(options: readonly Wildcards[], weights: readonly number[]): Wildcards {
  const counts = runningTotals(options.map(({ count }) => count));
  const heights = runningTotals(weights);
  return {
    count: exact(counts.at(-1) ?? 0),
    nth(n) {
      const index = locate(counts, n);
      return (options[index] as Wildcards).nth(n - (counts[index - 1] ?? 0));
    },
    draw: (random) => (options[locate(heights, random() * (heights.at(-1) ?? 0))] as Wildcards).draw(random),
  };
}

/** Turns parts into counters and pickers; the lines of a file are read as texts with choices too. */
class Compiler {
  private readonly known = new Map<string, Wildcards>();
  private readonly open: string[] = [];

  constructor(private readonly files: WildcardFiles, private readonly where: string) {}

  sequence(parts: readonly Part[]): Wildcards {
    return sequenceOf(parts.map((part) => this.part(part)));
  }

  private part(part: Part): Wildcards {
    switch (part.kind) {
      case 'text': return { count: 1, nth: () => part.text, draw: () => part.text };
      case 'choice': return choiceOf(part.options.map(({ parts }) => this.sequence(parts)), part.options.map(({ weight }) => weight));
      case 'file': return this.file(part.name);
    }
  }

  private file(name: string): Wildcards {
    const known = this.known.get(name);
    if (known !== undefined) return known;
    if (this.open.includes(name)) throw inputError('wildcards.cycle', this.where, 'a file of words must not name itself', { got: [...this.open, name].join(' -> ') });
    if (this.open.length >= MAX_DEPTH) throw inputError('wildcards.depth', this.where, `files of words must name each other at most ${MAX_DEPTH} deep`);
    const lines = this.files.get(name);
    if (lines === undefined) throw inputError('wildcards.no-file', this.where, 'must name a file of words that is there', { got: printValue(name) });
    if (lines.length === 0) throw inputError('wildcards.empty-file', this.where, 'a file of words must have at least one line', { got: printValue(name) });
    this.open.push(name);
    const options = lines.map((line, index) => this.sequence(new Parser(line, `${this.where}, ${name} line ${index + 1}`).parse()));
    this.open.pop();
    const choice = choiceOf(options, lines.map(() => 1));
    this.known.set(name, choice);
    return choice;
  }
}

/**
 * Reads a text with choices: `{red|blue}`, nested, with weights for draws (`{3::red|blue}`), and lines of files (`{file:animals.txt}`).
 * `\{`, `\}`, `\|` and `\\` stand for the characters themselves; a `|` outside braces is nothing special.
 * @param files Lines of every file that the text, or a line of such a file, names.
 * @throws AppError `wildcards.*` with the character.
 */
export function compileWildcards(text: string, where: string, files: WildcardFiles = new Map()): Wildcards {
  return new Compiler(files, where).sequence(new Parser(text, where).parse());
}

/** Writes a text so that {@link compileWildcards} reads it as nothing but itself. */
export function escapeWildcards(text: string): string {
  return text.replace(/[\\{}|]/g, '\\$&');
}

/** Every combination, in order. @throws AppError `wildcards.too-many` above the limit, before anything is written out. */
export function allWildcards(wildcards: Wildcards, where: string, limit: number): string[] {
  if (wildcards.count > limit) {
    throw inputError('wildcards.too-many', where, `a text must have at most ${limit} combinations`, {
      got: wildcards.count === Infinity ? 'more than can be counted' : String(wildcards.count), hint: 'Draw some of them: "wildcards": { "draw": 100 }',
    });
  }
  return Array.from({ length: wildcards.count }, (_, index) => wildcards.nth(index));
}
