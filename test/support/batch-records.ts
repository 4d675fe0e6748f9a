import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BatchRowRecord } from '../../src/contract/batch-events.ts';
import { batchFileSchema, type BatchFileInput } from '../../src/contract/batch-file.ts';
import type { BatchPlan, DuplicateRow, PlannedRow } from '../../src/contract/batch-plan.ts';
import { encodePicture } from '../../src/main/services/images/encode.ts';
import type { RgbImage } from '../../src/main/services/images/rgb-image.ts';

/** What a finished batch of the test's own looks like. */
export interface BatchShape {
  /** Values of each axis, and which group it belongs to; groups multiply, axes of one group advance together. */
  readonly groups: readonly Readonly<Record<string, readonly string[]>>[];
  readonly batch?: Partial<BatchFileInput>;
  readonly duplicates?: readonly DuplicateRow[];
  readonly name?: string;
}

function labelsOf(groups: BatchShape['groups']): Record<string, string>[] {
  return groups.reduce<Record<string, string>[]>((rows, group) => {
    const length = Object.values(group)[0]?.length ?? 0;
    return rows.flatMap((labels) => Array.from({ length }, (_, index) => ({ ...labels, ...Object.fromEntries(Object.entries(group).map(([axis, values]) => [axis, values[index] as string])) })));
  }, [{}]);
}

/** A plan with one row per combination, in run order of your own choice. */
export function planOf({ groups, batch = {}, duplicates = [], name = 'test' }: BatchShape): BatchPlan {
  const rows = labelsOf(groups).map((labels, index): PlannedRow => ({ index, id: index.toString(16).padStart(64, '0'), labels, graph: 0, set: { 'prompts.prompts': Object.values(labels) }, output: `row-${index}` }));
  const file = batchFileSchema.parse({ format: 'engram-batch', version: 1, graph: 'x.graph.json', groups: groups.map((group) => Object.fromEntries(Object.entries(group).map(([axis, values]) => [axis, { values }]))), ...batch });
  return {
    format: 'engram-batch-plan', version: 1, batchKey: 'a'.repeat(64), name, folder: '/none', batch: file, width: 1, needs: { device: 'any' }, axes: groups.flatMap((group) => Object.keys(group)),
    graphs: [{ name: 'x', folder: '/none', graph: { format: 'engram-graph', version: 1, nodes: { save: { type: 'SaveImage', version: 2, params: {}, inputs: {} } } }, writers: [{ node: 'save', param: 'name', suffix: '' }], shape: 'x' }],
    rows, duplicates: [...duplicates], shared: [], estimates: { seconds: undefined, bytes: undefined, measuredRows: 0, device: undefined }, notices: [],
  };
}

/** A record of a finished row with these files. */
export function doneRecord(row: PlannedRow, files: readonly string[]): BatchRowRecord {
  const outputs = files.map((file) => ({ node: 'save', kind: 'image' as const, file, bytes: 100, sha256: row.index.toString(16).padStart(4, '0').padEnd(64, '1'), pixels: 'b'.repeat(64), key: 'c'.repeat(64) }));
  return { row, state: 'done', attempts: 1, seconds: 1.23456, result: { outputs, device: 'cpu test', how: 'rendered' } };
}

/** A picture of one colour. */
export function flatPicture(width: number, height: number, colour: readonly [number, number, number]): RgbImage {
  return { width, height, pixels: Uint8Array.from({ length: width * height * 3 }, (_, index) => colour[index % 3] as number) };
}

/** Colour of a row's picture: no two rows below 50 share one. */
export function rowColour(index: number): [number, number, number] {
  return [40 + (index % 5) * 40, 40 + (Math.floor(index / 5) % 10) * 20, 77];
}

/** Writes one picture per row of the plan, each in its own colour, and gives their records. */
export async function renderRows(folder: string, plan: BatchPlan, size: { readonly width: number; readonly height: number } = { width: 32, height: 32 }): Promise<BatchRowRecord[]> {
  return Promise.all(plan.rows.map(async (row) => {
    const file = `${row.output}.png`;
    const { bytes } = await encodePicture(flatPicture(size.width, size.height, rowColour(row.index)), { format: 'png', quality: 90, lossless: false, chroma: '4:4:4' });
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), bytes);
    return doneRecord(row, [file]);
  }));
}
