import { join } from 'node:path';
import type { BatchRowRecord, RowOutput } from '../../../contract/batch-events.ts';
import type { BatchPlan } from '../../../contract/batch-plan.ts';
import { describeError } from '../../../contract/errors.ts';
import { writeFileAtomic } from '../atomic-write.ts';
import { nodeFileSystem, type FileSystem } from '../file-system.ts';
import { formatCsvRecord } from './csv.ts';
import { inFileOrder, reportMetadata, rowLabels } from './row-labels.ts';

/** One line of a manifest: an output file, or a row that has none. */
export interface ManifestLine {
  /** Number of the row in the order of the batch file, from 0. */
  readonly row: number;
  readonly state: BatchRowRecord['state'];
  /** Value of every axis; see {@link rowLabels}. */
  readonly labels: Readonly<Record<string, string>>;
  /** Path below the output folder; null for a row without outputs. */
  readonly file: string | null;
  readonly kind: RowOutput['kind'] | null;
  readonly node: string | null;
  readonly bytes: number | null;
  /** SHA-256 of the file. */
  readonly sha256: string | null;
  /** SHA-256 of the pixels before they were encoded; see rgb-image.ts. */
  readonly pixels: string | null;
  /** Content key of the node that wrote the file; null when metadata is not to be told. */
  readonly contentKey: string | null;
  readonly seconds: number | null;
  readonly device: string | null;
  readonly attempts: number;
  readonly error: string | null;
}

const NO_FILE = { file: null, kind: null, node: null, bytes: null, sha256: null, pixels: null, contentKey: null };

/** The lines of a batch's manifest, in the order of the batch file. Without metadata they hold neither axis values, content keys nor messages of errors: those name prompts and paths. */
export function manifestLines(plan: BatchPlan, records: readonly BatchRowRecord[]): ManifestLine[] {
  const metadata = reportMetadata(plan);
  const labelsOf = rowLabels(plan, metadata);
  return inFileOrder(records).flatMap((record): ManifestLine[] => {
    const { row, state, seconds, result, attempts, error } = record;
    const message = error === undefined || state === 'done' ? null : metadata === 'full' ? describeError(error) : error.code;
    const common = { row: row.index, state, labels: labelsOf(row) };
    const rest = { seconds: seconds === undefined ? null : Math.round(seconds * 1000) / 1000, device: result?.device ?? null, attempts, error: message };
    const outputs = state === 'done' ? result?.outputs ?? [] : [];
    if (outputs.length === 0) return [{ ...common, ...NO_FILE, ...rest }];
    return outputs.map(({ file, kind, node, bytes, sha256, pixels, key }) => ({ ...common, file, kind, node, bytes, sha256, pixels: pixels ?? null, contentKey: metadata === 'full' ? key : null, ...rest }));
  });
}

const COLUMNS = ['file', 'kind', 'node', 'bytes', 'sha256', 'pixels', 'contentKey', 'seconds', 'device', 'attempts', 'error'] as const satisfies readonly (keyof ManifestLine)[];

/** Begins like a formula of a spreadsheet and is no number. */
const FORMULA = /^(?=[=+\-@\t\r])(?!-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$)/i;

/** A cell's text. What a spreadsheet would take for a formula gets a `'` in front: prompts come from anywhere. */
function cell(value: string | number | null): string {
  return value === null ? '' : String(value).replace(FORMULA, '\'');
}

/** The manifest as CSV: `row`, `state`, one column `axis:NAME` per axis, then what is known of the file. */
export function manifestCsv(axes: readonly string[], lines: readonly ManifestLine[]): string {
  const head = ['row', 'state', ...axes.map((axis) => `axis:${axis}`), ...COLUMNS];
  const body = lines.map((line) => [line.row, line.state, ...axes.map((axis) => line.labels[axis] ?? ''), ...COLUMNS.map((column) => line[column])]);
  return [head, ...body].map((cells) => formatCsvRecord(cells.map(cell))).join('');
}

/**
 * Writes `manifest.jsonl` (exact) and `manifest.csv` (for spreadsheets) into the output folder, each whole or not at all.
 * @returns their paths.
 * @throws AppError `files.write`.
 */
export async function writeManifest(outputFolder: string, plan: BatchPlan, records: readonly BatchRowRecord[], fileSystem: FileSystem = nodeFileSystem): Promise<string[]> {
  const lines = manifestLines(plan, records);
  const [jsonl, csv] = [join(outputFolder, 'manifest.jsonl'), join(outputFolder, 'manifest.csv')];
  // Pieces, since a million lines are longer than a string may be.
  await writeFileAtomic(jsonl, Buffer.concat(lines.map((line) => Buffer.from(`${JSON.stringify(line)}\n`))), fileSystem);
  await writeFileAtomic(csv, manifestCsv(plan.axes, lines), fileSystem);
  return [jsonl, csv];
}
