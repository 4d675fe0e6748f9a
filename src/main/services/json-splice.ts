import { inputError } from '../../contract/errors.ts';

/** Where a value stands in a text: from its first character to after its last. */
interface Span { readonly start: number; readonly end: number }

/** One value that is to change. */
export interface JsonChange {
  /** Names of fields from the top to the value, which must be there. */
  readonly path: readonly string[];
  readonly value: unknown;
}

const STRING = /"(?:[^"\\]|\\.)*"/y;
const SCALAR = /[^\s,\]}]+/y;
const SPACE = /\s*/y;

/** Walks over JSON text that is known to parse. */
class Scanner {
  constructor(private readonly text: string, private at = 0) {}

  /** The span of the value at a path below the value that begins here; undefined when a field isn't there. Leaves the scanner after the value. */
  find(path: readonly string[]): Span | undefined {
    this.take(SPACE);
    const start = this.at;
    const [name, ...rest] = path;
    let found: Span | undefined;
    if (this.text[this.at] === '{') found = this.object(name, rest);
    else if (this.text[this.at] === '[') this.list();
    else this.take(this.text[this.at] === '"' ? STRING : SCALAR);
    return name === undefined ? { start, end: this.at } : found;
  }

  /** An object; of fields that are there twice the last counts, as for JSON.parse. */
  private object(name: string | undefined, rest: readonly string[]): Span | undefined {
    let found: Span | undefined;
    this.at += 1;
    for (this.take(SPACE); this.text[this.at] !== '}'; this.take(SPACE)) {
      const field = JSON.parse(this.take(STRING)) as string;
      this.take(SPACE);
      this.at += 1; // ':'
      if (field === name) found = this.find(rest);
      else this.find([]);
      this.comma();
    }
    this.at += 1;
    return found;
  }

  private list(): void {
    this.at += 1;
    for (this.take(SPACE); this.text[this.at] !== ']'; this.take(SPACE)) {
      this.find([]);
      this.comma();
    }
    this.at += 1;
  }

  private comma(): void {
    this.take(SPACE);
    if (this.text[this.at] === ',') this.at += 1;
  }

  private take(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const [taken = ''] = pattern.exec(this.text) ?? [];
    this.at += taken.length;
    return taken;
  }
}

/**
 * Writes values into JSON text and leaves every other character as it is.
 * @throws AppError `json.path` for a path that isn't there; SyntaxError when the text isn't JSON.
 */
export function spliceJson(text: string, changes: readonly JsonChange[], where: string): string {
  JSON.parse(text);
  return changes.reduce((changed, { path, value }) => {
    const span = new Scanner(changed).find(path);
    if (span === undefined) throw inputError('json.path', where, `must have "${path.join('.')}"`);
    return changed.slice(0, span.start) + JSON.stringify(value) + changed.slice(span.end);
  }, text);
}
