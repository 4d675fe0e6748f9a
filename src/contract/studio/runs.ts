import { z } from 'zod';
import { errorDataSchema, nodeEventSchema } from '../engine-rpc.ts';
import { findingSchema } from '../value-description.ts';
import { pathSchema } from './documents.ts';

/** Picture bytes as text, since the same message goes through JSON: `data:TYPE;base64,BASE64` shows it. */
export const pictureDataSchema = z.object({ type: z.string(), base64: z.string(), width: z.number().optional(), height: z.number().optional() });
export type PictureData = z.infer<typeof pictureDataSchema>;

export const runReasonSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('first-run') }),
  z.object({ kind: z.literal('side-effects') }),
  z.object({ kind: z.literal('memory-only') }),
  z.object({ kind: z.literal('evicted') }),
  z.object({ kind: z.literal('lost') }),
  z.object({ kind: z.literal('changed'), changes: z.array(z.string()) }),
]);

const cachedSchema = z.union([z.literal(false), z.literal('memory'), z.literal('disk')]);
const [progressEvent, , , artifactEvent] = nodeEventSchema.options;
const progressSchema = progressEvent.shape.progress;
const artifactSchema = artifactEvent.shape.artifact;

/** A file that a run has made, with the id under which its picture can be asked for. */
export const runArtifactSchema = artifactSchema.extend({ result: z.string() });

/** {@link RunEvent} as windows get it: pictures as text, artifacts with ids. */
export const studioRunEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('run-start'), nodes: z.array(z.string()) }),
  z.object({ type: z.literal('node-start'), nodeId: z.string(), index: z.number(), total: z.number(), reason: runReasonSchema }),
  z.object({ type: z.literal('node-progress'), nodeId: z.string(), progress: progressSchema }),
  z.object({ type: z.literal('node-preview'), nodeId: z.string(), picture: pictureDataSchema, label: z.string(), step: z.number().optional() }),
  z.object({ type: z.literal('node-warning'), nodeId: z.string(), warning: errorDataSchema }),
  z.object({ type: z.literal('node-done'), nodeId: z.string(), ms: z.number(), cached: cachedSchema, findings: z.array(findingSchema).optional() }),
  z.object({ type: z.literal('node-error'), nodeId: z.string(), error: errorDataSchema, inputs: z.record(z.string(), z.string()) }),
  z.object({ type: z.literal('node-skipped'), nodeId: z.string(), because: z.string() }),
  z.object({ type: z.literal('artifact'), nodeId: z.string(), artifact: runArtifactSchema }),
  z.object({ type: z.literal('run-paused'), paused: z.boolean() }),
  z.object({ type: z.literal('run-end'), status: z.enum(['done', 'failed', 'cancelled', 'interrupted']), ms: z.number() }),
]);
export type StudioRunEvent = z.infer<typeof studioRunEventSchema>;

/** What is known of one node of a run: what a window that connects later needs to draw it. */
export const nodeRunStateSchema = z.object({
  state: z.enum(['waiting', 'running', 'done', 'failed', 'skipped']),
  cached: cachedSchema.optional(),
  reason: runReasonSchema.optional(),
  progress: progressSchema.optional(),
  /** Everything worth plotting so far, by name: [step, value] pairs, thinned to at most 2000 a curve. */
  curves: z.record(z.string(), z.array(z.tuple([z.number(), z.number()]))),
  /** The last preview. */
  preview: z.object({ picture: pictureDataSchema, label: z.string() }).optional(),
  /** Previews of steps, by step. */
  samples: z.array(z.object({ step: z.number(), label: z.string(), picture: pictureDataSchema })).optional(),
  warnings: z.array(errorDataSchema),
  error: errorDataSchema.optional(),
  /** What the failed node had got. */
  inputs: z.record(z.string(), z.string()).optional(),
  because: z.string().optional(),
  ms: z.number().optional(),
  startedAt: z.number().optional(),
  artifacts: z.array(runArtifactSchema),
  /** What its reports say. */
  findings: z.array(findingSchema).optional(),
});
export type NodeRunState = z.infer<typeof nodeRunStateSchema>;

export const RUN_STATUSES = ['waiting', 'running', 'paused', 'done', 'failed', 'cancelled', 'interrupted'] as const;

/** A run as it stands now. Events with a greater `sequence` come after it. */
export const runStateSchema = z.object({
  runId: z.string(),
  name: z.string(),
  path: pathSchema.nullable(),
  document: z.string().nullable(),
  status: z.enum(RUN_STATUSES),
  sequence: z.number(),
  /** In run order. */
  order: z.array(z.string()),
  nodes: z.record(z.string(), nodeRunStateSchema),
  errors: z.array(errorDataSchema),
  startedAt: z.number().optional(),
  ms: z.number().optional(),
});
export type RunState = z.infer<typeof runStateSchema>;

/** One node of a dry run. */
export const dryRunNodeSchema = z.object({
  id: z.string(),
  /** `blocked`: it, or something upstream, can't run. */
  outcome: z.enum(['runs', 'memory', 'disk', 'unneeded', 'blocked']),
  reason: runReasonSchema.optional(),
  /** Median of earlier runs of this node type with like params, in milliseconds. */
  expectedMs: z.number().optional(),
  error: errorDataSchema.optional(),
});
export type DryRunNode = z.infer<typeof dryRunNodeSchema>;

export const dryRunSchema = z.object({
  faults: z.array(errorDataSchema),
  nodes: z.array(dryRunNodeSchema),
  /** Sum over what runs; undefined as long as some of it was never measured. */
  expectedMs: z.number().optional(),
  /** How many of the nodes that run were never measured. */
  unmeasured: z.number(),
  /** Most that the engine process held in earlier runs of the same nodes, in bytes; undefined when never measured. */
  expectedMemory: z.number().optional(),
});
export type DryRun = z.infer<typeof dryRunSchema>;

/** A job of the run queue. */
export const queueJobSchema = z.object({
  id: z.string(),
  kind: z.string(),
  name: z.string(),
  path: pathSchema.nullable(),
  document: z.string().nullable(),
  state: z.enum(['waiting', 'running', 'done', 'failed', 'cancelled']),
  targets: z.array(z.string()).optional(),
  addedAt: z.number(),
  startedAt: z.number().optional(),
  endedAt: z.number().optional(),
  ms: z.number().optional(),
  error: errorDataSchema.optional(),
  /** Ids of the pictures that it made, at most four, for `images.thumbnail`. */
  thumbnails: z.array(z.string()),
  /** How many files it made. */
  outputs: z.number(),
});
export type QueueJob = z.infer<typeof queueJobSchema>;

export const queueViewSchema = z.object({
  paused: z.string().nullable(),
  running: z.array(queueJobSchema),
  waiting: z.array(queueJobSchema),
  history: z.array(queueJobSchema),
  /** Finished jobs in all. */
  historyTotal: z.number(),
});
export type QueueView = z.infer<typeof queueViewSchema>;

/** A file that a run has made, as the gallery shows it. */
export const resultSchema = z.object({
  id: z.string(),
  kind: z.enum(['image', 'contact-sheet', 'table', 'report', 'data']),
  path: pathSchema,
  name: z.string(),
  runId: z.string(),
  node: z.string(),
  graphName: z.string(),
  createdAt: z.number(),
  sha256: z.string(),
  pixels: z.string().optional(),
  prompt: z.string().optional(),
  seed: z.number().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
});
export type Result = z.infer<typeof resultSchema>;

export const resultPageSchema = z.object({ results: z.array(resultSchema), total: z.number() });
export type ResultPage = z.infer<typeof resultPageSchema>;

/** How two pictures differ. */
export const pictureDifferenceSchema = z.object({
  identical: z.boolean(),
  /** Different sizes can't be compared pixel by pixel. */
  sameSize: z.boolean(),
  /** 0..255, over all channels. */
  maxDifference: z.number(),
  meanDifference: z.number(),
  differingPixels: z.number(),
  totalPixels: z.number(),
  /** Absolute differences, amplified so that the largest is white. */
  map: pictureDataSchema.optional(),
});
export type PictureDifference = z.infer<typeof pictureDifferenceSchema>;
