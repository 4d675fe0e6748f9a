import { inputError } from '../../../contract/errors.ts';
import { printValue } from '../../../contract/params.ts';

/** A CSV file: its header and its records, each with as many cells as the header has. */
export interface CsvTable {
  readonly header: readonly string[];
  readonly records: readonly CsvRecord[];
}

export interface CsvRecord {
  /** Line that the record begins on, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** Reads records one by one, by RFC 4180: cells in quotes may hold delimiters, line ends and doubled quotes. */
class CsvReader {
  private at = 0;
  private line = 1;

  constructor(private readonly text: string, private readonly delimiter: string, private readonly where: string) {}

  /** The next record that isn't a blank line, or undefined at the end. */
  next(): CsvRecord | undefined {
    while (this.at < this.text.length) {
      const { line } = this;
      const start = this.at;
      const cells = this.record();
      const isBlank = cells.length === 1 && cells[0] === '' && this.text[start] !== '"';
      if (!isBlank) return { line, cells };
    }
    return undefined;
  }

  private record(): string[] {
    const cells: string[] = [];
    for (;;) {
      cells.push(this.text[this.at] === '"' ? this.quoted() : this.plain());
      if (this.text[this.at] === this.delimiter) {
        this.at += 1;
        continue;
      }
      if (this.text[this.at] === '\r') this.at += 1;
      if (this.at < this.text.length) this.line += 1;
      this.at += 1;
      return cells;
    }
  }

  /** Up to the delimiter or the end of the line. */
  private plain(): string {
    const start = this.at;
    for (let code = this.text.charCodeAt(this.at); this.at < this.text.length; code = this.text.charCodeAt(this.at)) {
      if (code === 0x0a || code === this.delimiter.charCodeAt(0) || (code === 0x0d && this.isLineEnd(this.at))) break;
      if (code === 0x22) throw this.fault('a quote inside a cell must be doubled, and the cell put in quotes', this.text.slice(start, this.at + 20));
      this.at += 1;
    }
    return this.text.slice(start, this.at);
  }

  private quoted(): string {
    const opened = this.line;
    let cell = '';
    for (let start = this.at + 1; ; start = this.at + 1) {
      const end = this.text.indexOf('"', start);
      if (end < 0) throw inputError('csv.quote', `${this.where} line ${opened}`, 'a cell in quotes must be closed', { got: printValue(this.text.slice(start, start + 40)) });
      cell += this.text.slice(start, end);
      this.at = end + 1;
      if (this.text[this.at] !== '"') break;
      cell += '"';
    }
    for (let found = cell.indexOf('\n'); found >= 0; found = cell.indexOf('\n', found + 1)) this.line += 1;
    const after = this.text[this.at];
    if (after !== undefined && after !== this.delimiter && !this.isLineEnd(this.at)) throw this.fault('after a closing quote there must be a delimiter or the end of the line', `"${cell.slice(-20)}"${after}`);
    return cell;
  }

  /** LF, or CR right before LF or at the very end. */
  private isLineEnd(at: number): boolean {
    const character = this.text[at];
    return character === '\n' || (character === '\r' && (this.text[at + 1] === '\n' || at + 1 === this.text.length));
  }

  private fault(rule: string, got: string): Error {
    return inputError('csv.quote', `${this.where} line ${this.line}`, rule, { got: printValue(got) });
  }
}

/**
 * Reads a CSV file by RFC 4180, strictly: nothing is guessed or repaired. Blank lines don't count.
 * @param text Without a byte order mark.
 * @param where For messages: the file's name.
 * @throws AppError `csv.quote`, `csv.empty`, `csv.header`, `csv.cells`, each with the line.
 */
export function parseCsv(text: string, where: string, delimiter = ','): CsvTable {
  const reader = new CsvReader(text, delimiter, where);
  const header = reader.next();
  if (header === undefined) throw inputError('csv.empty', where, 'must begin with a line that names the columns');
  const doubled = header.cells.find((name, index) => header.cells.indexOf(name) !== index);
  if (doubled !== undefined) throw inputError('csv.header', `${where} line ${header.line}`, 'names of columns must differ', { got: `${printValue(doubled)} twice` });
  const records: CsvRecord[] = [];
  for (let record = reader.next(); record !== undefined; record = reader.next()) {
    if (record.cells.length !== header.cells.length) {
      throw inputError('csv.cells', `${where} line ${record.line}`, `must have ${header.cells.length} cells, as the header has`, { got: String(record.cells.length), hint: 'Cells that hold a delimiter belong in quotes' });
    }
    records.push(record);
  }
  return { header: header.cells, records };
}

/** Writes one record; cells are put in quotes where they need it. Records end with CRLF. */
export function formatCsvRecord(cells: readonly string[], delimiter = ','): string {
  const alone = cells.length === 1 && cells[0] === '';
  const written = cells.map((cell) => (alone || /["\r\n]/.test(cell) || cell.includes(delimiter) ? `"${cell.replaceAll('"', '""')}"` : cell));
  return `${written.join(delimiter)}\r\n`;
}
