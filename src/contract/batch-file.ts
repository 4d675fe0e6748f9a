import { z } from 'zod';
import { DEVICE_IDS } from './devices.ts';

/** Version of the `.batch.json` format that this program writes. */
export const BATCH_FORMAT_VERSION = 1;

/** Most rows of one batch, and most values of one axis. */
export const BATCH_ROW_LIMIT = 1_000_000;

/** The target that stands for the whole graph: an axis with it swaps the graph file. */
export const GRAPH_TARGET = 'graph';

/** A size in bytes, or as people write it. */
export const sizeSchema = z.union([
  z.int().min(0).max(Number.MAX_SAFE_INTEGER),
  z.string().regex(/^\d{1,9}(?:\.\d{1,3})? ?(?:B|[kKMGT]i?B)$/, 'must be a size such as "10 GB" or "512 MiB"'),
]);

/** What a row needs of the machine that runs it. */
export const needsSchema = z.strictObject({
  device: z.enum(['any', ...DEVICE_IDS]).default('any').describe('Where the rows may run'),
  memory: sizeSchema.optional().describe('Memory that a worker must have'),
});

/** Targets that say what a row needs of a machine, instead of a param's value: what a need is called in "needs". */
export const NEED_TARGETS: readonly string[] = Object.keys(needsSchema.shape);

const WHOLE_TARGETS = [GRAPH_TARGET, ...NEED_TARGETS];

const NAME = '[A-Za-z][A-Za-z0-9_-]{0,63}';
const axisName = z.string().regex(new RegExp(`^${NAME}$`), 'axis names must be a letter, then at most 63 letters, digits, "-" or "_"');
const paramTarget = z.string().regex(new RegExp(`^${NAME}\\.${NAME}$`), 'must have the form NODE.PARAM');
const axisTarget = z.string().regex(new RegExp(`^(?:${WHOLE_TARGETS.join('|')}|${NAME}\\.${NAME})$`), `must have the form NODE.PARAM, or be one of ${WHOLE_TARGETS.join(', ')}`);
const filePath = z.string().min(1).max(4096);

const scalar = z.union([z.number(), z.boolean(), z.string()]);
/** A value as `--set` takes it: of the param's own kind, or text. One scalar on a list param is a list of one. */
const valueSchema = z.union([scalar, z.array(z.string()), z.array(z.number())]);

const listSource = z.array(valueSchema).min(1).describe('The values themselves');
const rangeSource = z.strictObject({
  from: z.number().describe('First value'),
  to: z.number().describe('Last value; it belongs to the range'),
  step: z.number().default(1).describe('From one value to the next; negative counts down'),
}).describe('Numbers at even distances');
const seedsSource = z.strictObject({
  seeds: z.int().min(1).max(BATCH_ROW_LIMIT).describe('How many'),
  from: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(0).describe('The first one'),
}).describe('Seeds that count up');
const drawnSeedsSource = z.strictObject({
  seeds: z.int().min(1).max(BATCH_ROW_LIMIT).describe('How many'),
  draw: z.int().min(0).max(Number.MAX_SAFE_INTEGER).describe('Seed of the draw: equal numbers, equal seeds'),
}).describe('Seeds in 0..4294967295 that are drawn; equal draws give equal seeds');
const linesSource = z.strictObject({ lines: filePath.describe('UTF-8 text file') }).describe('One value per line that isn\'t blank');
const csvSource = z.strictObject({
  csv: filePath.describe('UTF-8 CSV file with a header line'),
  column: z.string().min(1).describe('Name of the column'),
  delimiter: z.enum([',', ';', '\t']).default(',').describe('What separates cells'),
}).describe('One value per record of a CSV file');
const jsonlSource = z.strictObject({
  jsonl: filePath.describe('UTF-8 file of one JSON value per line'),
  column: z.string().min(1).optional().describe('Key of the value, where lines are objects'),
}).describe('One value per line of a JSONL file');
const folderSource = z.strictObject({
  folder: filePath.describe('Folder relative to the batch file, or root:path'),
  kind: z.enum(['images', 'tables', 'graphs']).describe('Which files count'),
}).describe('One value per file of a folder, by name; sub-folders are not searched');

const sourceSchema = z.union([listSource, rangeSource, seedsSource, drawnSeedsSource, linesSource, csvSource, jsonlSource, folderSource]);

const wildcardsSchema = z.union([
  z.literal('all').describe('Every combination is a value'),
  z.strictObject({
    draw: z.int().min(1).max(BATCH_ROW_LIMIT).describe('Draws from each text, independent of each other'),
    seed: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(0).describe('Equal seeds, equal draws'),
  }),
]);

const axisSchema = z.strictObject({
  set: z.union([axisTarget, z.array(axisTarget)]).optional().describe('Params that get the value, or "graph", or what the rows need of a machine ("device", "memory"); left out, the axis is only a name for templates and sheets'),
  values: sourceSchema,
  wildcards: wildcardsSchema.optional().describe('How {a|b} and {file:words.txt} in texts are written out; left out, braces are nothing special'),
});

const outputSchema = z.strictObject({
  name: z.string().min(1).max(500).default('{row:4}').describe('Template of file names below the output folder, without their endings: {axis}, {row}, {graph}, {batch}; filters :slug, :stem and :3 (digits)'),
  format: z.enum(['png', 'webp', 'avif', 'jpeg']).optional().describe('Given to every node that writes files and has this param; the graph\'s own when left out'),
  quality: z.int().min(1).max(100).optional().describe('Likewise'),
  lossless: z.boolean().optional().describe('Likewise'),
  metadata: z.enum(['full', 'none']).optional().describe('Likewise; "none" keeps prompts and paths out of the files'),
  quota: sizeSchema.optional().describe('The batch pauses before its outputs take more than this'),
});

/** `.batch.json`: what a batch renders. Paths count from the file's own folder. */
export const batchFileSchema = z.strictObject({
  $schema: z.string().optional().describe('For editors'),
  format: z.literal('engram-batch'),
  version: z.int().min(1).max(BATCH_FORMAT_VERSION),
  name: z.string().min(1).max(200).optional().describe('The file\'s own name when left out'),
  description: z.string().max(20_000).optional(),
  graph: filePath.optional().describe('The graph file; may be left out when an axis sets it'),
  set: z.record(paramTarget, valueSchema).default({}).describe('Params of all rows, as with --set'),
  groups: z.array(z.record(axisName, axisSchema)).max(64).default([]).describe('Every combination across groups (the first varies slowest); inside a group the axes advance together'),
  width: z.union([z.literal('auto'), z.int().min(1).max(64)]).default('auto').describe('Images per run of the model; fixed when the batch is planned, since pixels depend on it'),
  output: outputSchema.prefault({}),
  sheets: z.array(z.strictObject({ rows: axisName, columns: axisName })).max(64).default([]).describe('Labelled grids of two axes'),
  gallery: z.boolean().default(true).describe('Write an HTML page that shows the outputs'),
  needs: needsSchema.prefault({}).describe('What rows need of a worker of a fleet, unless an axis says it row by row'),
});

/** A batch file as read: defaults are filled in. */
export type BatchFile = z.output<typeof batchFileSchema>;
/** A batch file as written. */
export type BatchFileInput = z.input<typeof batchFileSchema>;
export type BatchAxis = z.output<typeof axisSchema>;
export type BatchSource = z.output<typeof sourceSchema>;
export type BatchValue = z.output<typeof valueSchema>;
export type BatchOutput = z.output<typeof outputSchema>;
export type BatchNeeds = z.output<typeof needsSchema>;
export type BatchWildcards = z.output<typeof wildcardsSchema>;
export type BatchSize = z.output<typeof sizeSchema>;

/** Whether an axis target is a param of a node; the others are about a row as a whole. */
export function isParamTarget(target: string): boolean {
  return !WHOLE_TARGETS.includes(target);
}

/** The published JSON Schema of `.batch.json`. */
export function batchJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(batchFileSchema, { io: 'input' }) as Record<string, unknown>;
  return { $id: 'engram-batch.schema.json', title: 'Engram Studio batch', ...schema };
}

const UNITS: Readonly<Record<string, number>> = { b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40 };

/** Bytes of a size such as `"10 GB"` (powers of 1000) or `"512 MiB"` (powers of 1024); whole numbers are bytes. */
export function sizeInBytes(size: BatchSize): number {
  if (typeof size === 'number') return size;
  const match = /^([\d.]+) ?([A-Za-z]+)$/.exec(size);
  return Math.floor(Number(match?.[1]) * (UNITS[(match?.[2] ?? '').toLowerCase()] as number));
}
