import { z } from 'zod';
import type { BatchFileInput } from '../batch-file.ts';
import { errorDataSchema } from '../engine-rpc.ts';
import { pathSchema, revisionSchema } from './documents.ts';

const id = z.string().min(1).max(200);
const none = z.null();
const nothing = z.strictObject({});

/** A batch file as it is edited: its form is checked by whoever plans or saves it, so that a half-filled one can cross the border. */
export const batchDocumentSchema = z.custom<BatchFileInput>((value) => typeof value === 'object' && (value as { format?: unknown } | null)?.format === 'engram-batch', 'must be a batch');

/** A batch file in a window. */
export const openedBatchSchema = z.object({
  path: pathSchema,
  name: z.string(),
  batch: batchDocumentSchema,
  /** Null: it isn't on the disk yet. */
  revision: revisionSchema.nullable(),
  /** The graph file that it names; null when an axis sets it, or it can't be found. */
  graphPath: pathSchema.nullable(),
});
export type OpenedBatch = z.infer<typeof openedBatchSchema>;

/** What becomes of a plan in the studio: `PlanSummary` of the contract. */
export const planSummarySchema = z.object({
  name: z.string(), graphs: z.array(z.string()), rows: z.number(), duplicates: z.number(), width: z.number(),
  groups: z.array(z.array(z.object({ axis: z.string(), values: z.number() }))),
  shared: z.array(z.object({ type: z.string(), runs: z.number(), of: z.number() })),
  estimates: z.object({ seconds: z.number().optional(), bytes: z.number().optional(), measuredRows: z.number(), device: z.string().optional() }),
  first: z.array(z.object({ row: z.number(), output: z.string(), labels: z.record(z.string(), z.string()) })),
  notices: z.array(errorDataSchema),
});

export const batchPlanViewSchema = z.object({
  summary: planSummarySchema,
  /** Where its outputs go. */
  outputFolder: pathSchema,
  /** What the output folder has of it already; null when it has none. */
  before: z.object({ done: z.number(), changes: z.string().nullable() }).nullable(),
});
export type BatchPlanView = z.infer<typeof batchPlanViewSchema>;

const countsSchema = z.object({ total: z.number(), done: z.number(), failed: z.number(), cancelled: z.number() });

/** `pausing`: rows under way are finished; `interrupted`: left from the last session; `stopped`: it stopped by itself, `error` says why. All but `done` can go on. */
export const STUDIO_BATCH_STATES = ['waiting', 'planning', 'running', 'pausing', 'paused', 'interrupted', 'stopped', 'cancelled', 'done'] as const;

/** A batch that was started in the studio, as it stands now. */
export const studioBatchSchema = z.object({
  id,
  name: z.string(),
  path: pathSchema,
  outputFolder: pathSchema,
  /** Address of the fleet's Redis without a password; null for this machine. */
  fleet: z.string().nullable(),
  priority: z.number(),
  state: z.enum(STUDIO_BATCH_STATES),
  addedAt: z.number(),
  ms: z.number().optional(),
  /** Left out before it is known. */
  counts: countsSchema.optional(),
  secondsLeft: z.number().optional(),
  secondsPerRow: z.number().optional(),
  /** Rows under way, with steps of the node that works. */
  running: z.array(z.object({ row: z.number(), output: z.string(), done: z.number().optional(), total: z.number().optional() })),
  /** Results of the last rows, newest first, for `images.thumbnail`. */
  recent: z.array(z.string()),
  error: errorDataSchema.optional(),
  warnings: z.array(errorDataSchema),
  /** The HTML page of its outputs. */
  gallery: pathSchema.nullable(),
});
export type StudioBatch = z.infer<typeof studioBatchSchema>;

export const BATCH_ROW_STATES = ['waiting', 'running', 'done', 'failed', 'cancelled'] as const;

/** A row of a batch with what has become of it. */
export const batchRowSchema = z.object({
  /** From 1, in the order of the batch file. */
  row: z.number(),
  output: z.string(),
  labels: z.record(z.string(), z.string()),
  state: z.enum(BATCH_ROW_STATES),
  attempts: z.number(),
  seconds: z.number().optional(),
  error: errorDataSchema.optional(),
});
export type BatchRow = z.infer<typeof batchRowSchema>;

export const batchRowPageSchema = z.object({ rows: z.array(batchRowSchema), total: z.number(), counts: countsSchema });

/** Name of the folder below the studio's output folder; empty: the batch's own name. */
const folder = z.string().max(200);

/** Calls about batches. */
export const BATCH_CALLS = {
  /** A new batch of a graph file, not saved yet: beside the graph, or where graphs are saved when that folder ships with the program. */
  'batches.draft': { input: z.strictObject({ graph: pathSchema }), output: openedBatchSchema },
  /** @throws BatchFaults with every fault of its form. */
  'batches.open': { input: z.strictObject({ path: pathSchema }), output: openedBatchSchema },
  /** `revision`: what the file was when it was opened; null for a new one. @throws BatchFaults; AppError `files.changed`, `files.exists`. */
  'batches.save': { input: z.strictObject({ path: pathSchema, batch: batchDocumentSchema, revision: revisionSchema.nullable(), overwrite: z.boolean() }), output: openedBatchSchema },
  /** Batch files beside a graph, in the folder for graphs, and those that ship. */
  'batches.find': { input: z.strictObject({ base: pathSchema.nullable() }), output: z.array(z.object({ path: pathSchema, name: z.string() })) },
  /** What it comes to, before anything is started. @throws BatchFaults with every fault. */
  'batches.plan': { input: z.strictObject({ path: pathSchema, batch: batchDocumentSchema, folder }), output: batchPlanViewSchema },
  /** Starts the saved file. `store`: with a fleet, the folder that its machines share. @throws AppError `fleet.not-connected`. */
  'batches.start': { input: z.strictObject({ path: pathSchema, folder, fleet: z.strictObject({ store: pathSchema }).nullable(), priority: z.int().min(-1000).max(1000).optional() }), output: z.object({ id }) },
  /** Last one first. */
  'batches.list': { input: nothing, output: z.array(studioBatchSchema) },
  'batches.rows': { input: z.strictObject({ id, states: z.array(z.enum(BATCH_ROW_STATES)).optional(), offset: z.int().min(0), limit: z.int().min(1).max(500) }), output: batchRowPageSchema },
  /** Rows under way are finished. */
  'batches.pause': { input: z.strictObject({ id }), output: none },
  /** Goes on with a batch that is paused, was stopped, or is left from the last session. */
  'batches.resume': { input: z.strictObject({ id }), output: none },
  'batches.cancel': { input: z.strictObject({ id }), output: none },
  'batches.retryFailed': { input: z.strictObject({ id }), output: none },
  /** Of a batch that waits; higher ones go first. */
  'batches.priority': { input: z.strictObject({ id, priority: z.int().min(-1000).max(1000) }), output: none },
  /** Takes it off the list; its outputs stay. */
  'batches.remove': { input: z.strictObject({ id }), output: none },
  /** Shows its folder or its gallery in the system's file manager. @throws AppError `shell.none` in a browser. */
  'batches.reveal': { input: z.strictObject({ id, what: z.enum(['folder', 'gallery']) }), output: none },
} as const;
