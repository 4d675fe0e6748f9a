import { z } from 'zod';
import { askedPromptSchema } from '../asked-prompt.ts';
import { errorDataSchema } from '../engine-rpc.ts';
import { pathSchema } from './documents.ts';
import { DEVICE_CHOICES } from '../devices.ts';

const warningSchema = errorDataSchema.partial({ kind: true });

/** One n-gram of a prompt that hits one row of one table. */
export const triggerHitSchema = z.object({
  /** Index in the report's `tables`. */
  table: z.number(),
  row: z.number(),
  /** Positions [start, start + length) in the stream's tokens. */
  start: z.number(),
  length: z.number(),
  text: z.string(),
  /** L2 norm of the row's own vector. */
  vectorNorm: z.number(),
});
export type TriggerHit = z.infer<typeof triggerHitSchema>;

/** How strongly a table acts in one stream, whatever the prompt. */
export const triggerGateSchema = z.object({
  /** Index in the report's `tables`. */
  table: z.number(),
  rows: z.number(),
  /** The table's strength times that of the stream. */
  strength: z.number(),
  /** Sizes of the gate g [d] (the scale, through tanh where the table says so): mean and largest |g|. */
  gateMean: z.number(),
  gateMax: z.number(),
});

export const triggerStreamSchema = z.object({
  stream: z.string(),
  maxLength: z.number(),
  tokens: z.array(z.object({
    position: z.number(),
    id: z.number(),
    text: z.string(),
    /** False for special tokens and padding. */
    inText: z.boolean(),
    /** L2 norm of what all tables together add to this position's states; undefined until it was computed. */
    addedNorm: z.number().optional(),
    /** L2 norm of the base states there. */
    baseNorm: z.number().optional(),
  })),
  /** Those of tables that are turned off too: see their strength in `tables`. */
  hits: z.array(triggerHitSchema),
  /** Tables that hold rows for this stream and may act in the prompt. */
  tables: z.array(triggerGateSchema),
  truncated: z.array(z.string()),
  /** Per table: how much of its trigger the prompt holds. */
  presence: z.array(z.enum(['whole', 'cut', 'partial', 'none'])),
  /** Positions that several tables change; those that are turned off don't count. */
  contested: z.array(z.object({ start: z.number(), length: z.number(), tables: z.array(z.number()) })),
  warnings: z.array(warningSchema),
});
export type TriggerStream = z.infer<typeof triggerStreamSchema>;

/** What the tables attached to a prompt's text encoders do to it. */
export const triggerReportSchema = z.object({
  /** Text streams of the encoders: where tables may act, whatever they hold. */
  streams: z.array(z.object({ stream: z.string(), site: z.string() })),
  /** Ids of streams that the model was loaded without: what tables hold for them has nothing to act on. */
  absent: z.array(z.string()).optional(),
  tables: z.array(z.object({ trigger: z.string(), strength: z.number(), negative: z.boolean(), family: z.string(), rows: z.number() })),
  prompts: z.array(askedPromptSchema.extend({ streams: z.array(triggerStreamSchema), /** Tables act in it, by strength and by stream, and none of them hits anything. */ silent: z.boolean() })),
  /** Why there is nothing to show: no text encoders linked, or what they need couldn't be made. */
  unavailable: errorDataSchema.optional(),
});
export type TriggerReport = z.infer<typeof triggerReportSchema>;

export const histogramSchema = z.object({ from: z.number(), to: z.number(), counts: z.array(z.number()) });
export type Histogram = z.infer<typeof histogramSchema>;

/** What a concept table holds. */
export const tableReportSchema = z.object({
  trigger: z.string(),
  maxN: z.number(),
  family: z.string(),
  rule: z.string(),
  tanh: z.boolean(),
  overlap: z.string(),
  licence: z.string().optional(),
  /** PNG, base64. */
  thumbnail: z.string().optional(),
  fingerprint: z.string(),
  provenance: z.record(z.string(), z.string()),
  streams: z.array(z.object({
    stream: z.string(),
    width: z.number(),
    tokenizerHash: z.string(),
    rows: z.array(z.object({ row: z.number(), ids: z.array(z.number()), /** The key's text where a tokenizer of that hash is at hand. */ text: z.string().optional(), norm: z.number() })),
    scale: histogramSchema,
    scaleNorm: z.number(),
    /** Cosine between rows, row-major; only for at most 64 rows. */
    cosine: z.array(z.number()).optional(),
  })),
});
export type TableReport = z.infer<typeof tableReportSchema>;

/** How two tables relate. */
export const tablePairSchema = z.object({
  streams: z.array(z.object({
    stream: z.string(),
    /** Whether both tables' keys were made by one tokenizer; ids of several can't be compared, and `shared` is empty then. */
    sameTokenizer: z.boolean(),
    /** Rows with equal keys, with the cosine between their vectors. */
    shared: z.array(z.object({ a: z.number(), b: z.number(), ids: z.array(z.number()), /** As in a table's rows. */ text: z.string().optional(), cosine: z.number() })),
    /** Cosine between the means of all vectors times scale. */
    meanCosine: z.number(),
  })),
});
export type TablePair = z.infer<typeof tablePairSchema>;

/** A concept table file that was found in a watched folder. */
export const tableFileSchema = z.object({
  path: pathSchema, value: z.string(), name: z.string(), size: z.number(), modified: z.number(),
  trigger: z.string().optional(), family: z.string().optional(), thumbnail: z.string().optional(),
  error: errorDataSchema.optional(),
});
export type TableFile = z.infer<typeof tableFileSchema>;

/** A model folder that was found below a model root. */
export const modelEntrySchema = z.object({
  /** How graphs name it: `models:NAME`. */
  value: z.string(),
  name: z.string(),
  root: z.string(),
  path: pathSchema,
  family: z.string().optional(),
  /** Bytes of all its files. */
  size: z.number(),
  /** Hash over its contents; undefined until it was asked for. */
  hash: z.string().optional(),
  parts: z.array(z.object({ name: z.string(), size: z.number() })),
  licence: z.string().optional(),
  error: errorDataSchema.optional(),
});
export type ModelEntry = z.infer<typeof modelEntrySchema>;

export const modelListSchema = z.object({
  roots: z.array(z.object({ name: z.string(), path: pathSchema, exists: z.boolean(), /** Set by the program or the command line, not in the settings. */ fixed: z.boolean() })),
  models: z.array(modelEntrySchema),
});
export type ModelList = z.infer<typeof modelListSchema>;

/** A file or folder that nodes of a graph read. */
export const neededFileSchema = z.object({
  /** As the graph names it. */
  value: z.string(),
  nodes: z.array(z.string()),
  /** Where it is; null when it can't be found, `error` says why. */
  path: pathSchema.nullable(),
  error: errorDataSchema.optional(),
});
export type NeededFile = z.infer<typeof neededFileSchema>;

/** What a person sets for the program as a whole. */
export const programSettingsSchema = z.object({
  device: z.enum(DEVICE_CHOICES),
  threads: z.number().nullable(),
  cacheFolder: pathSchema,
  cacheLimit: z.number(),
  valueMemory: z.number(),
  sessionMemory: z.number().nullable(),
  modelRoots: z.record(z.string(), pathSchema),
  outputFolder: pathSchema,
});
export type ProgramSettings = z.infer<typeof programSettingsSchema>;
