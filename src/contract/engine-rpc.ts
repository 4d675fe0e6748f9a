import { z } from 'zod';
import { askedPromptSchema } from './asked-prompt.ts';
import { DEVICE_CHOICES, type DeviceProbe, type MemoryReport } from './devices.ts';
import type { NodeSchema } from './node.ts';
import { PORT_TYPES, type PortTypeName } from './port-types.ts';
import type { TriggerReport } from './studio/inspection.ts';
import { valueDescriptionSchema } from './value-description.ts';

/** How the engine process is set up: the first message that it gets. */
export const engineStartSchema = z.strictObject({
  device: z.enum(DEVICE_CHOICES),
  /** Every core when left out. */
  threads: z.int().min(1).max(1024).optional(),
  /** How sessions trade memory for speed. */
  plan: z.enum(['by-size', 'default', 'lean']).default('by-size'),
  /** Bytes of private memory for idle sessions; half of the machine's when left out. */
  sessionMemory: z.number().min(0).optional(),
  /** Bytes for values between nodes. */
  valueMemory: z.number().min(0),
  cacheFolder: z.string().min(1),
  /** Bytes of values on disk. */
  cacheLimit: z.number().min(0),
});
export type EngineStart = z.input<typeof engineStartSchema>;

/** {@link ErrorData}, as it comes in from another process. */
export const errorDataSchema = z.object({
  code: z.string(),
  kind: z.enum(['input', 'run', 'cancelled', 'internal']),
  where: z.string(),
  rule: z.string(),
  got: z.string().optional(),
  hint: z.string().optional(),
  nodeId: z.string().optional(),
  port: z.string().optional(),
  path: z.string().optional(),
});

const handleSchema = z.object({ key: z.string(), port: z.string() });
const portTypeSchema = z.enum(PORT_TYPES.map((type) => type.name) as [PortTypeName, ...PortTypeName[]]);

const provenanceSchema = z.object({
  program: z.string(),
  device: z.string().nullable(),
  contentKey: z.string(),
  nodes: z.record(z.string(), z.object({ type: z.string(), version: z.number(), params: z.record(z.string(), z.unknown()) })),
  files: z.array(z.object({ node: z.string(), param: z.string(), value: z.string(), contents: z.string() })),
});

const runRequestSchema = z.object({
  nodeId: z.string(),
  where: z.string(),
  type: z.string(),
  version: z.number(),
  params: z.record(z.string(), z.unknown()),
  inputs: z.record(z.string(), z.array(handleSchema)),
  contentKey: z.string().regex(/^[0-9a-f]{64}$/),
  graph: z.string(),
  outputFolder: z.string(),
  provenance: provenanceSchema,
  watched: z.boolean().optional(),
});

const progressSchema = z.object({
  done: z.number(),
  total: z.number(),
  message: z.string().optional(),
  secondsLeft: z.number().optional(),
  figures: z.record(z.string(), z.number()).optional(),
  past: z.record(z.string(), z.array(z.tuple([z.number(), z.number()]).readonly()).readonly()).optional(),
});

const artifactSchema = z.object({
  kind: z.enum(['image', 'contact-sheet', 'table', 'report', 'data']),
  path: z.string(),
  sha256: z.string(),
  pixels: z.string().optional(),
});

/** What a running node tells, as it comes in from the engine. */
export const nodeEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), progress: progressSchema }),
  z.object({ type: z.literal('preview'), png: z.custom<Uint8Array>((value) => value instanceof Uint8Array), label: z.string(), step: z.number().optional() }),
  z.object({ type: z.literal('warning'), warning: errorDataSchema }),
  z.object({ type: z.literal('artifact'), artifact: artifactSchema }),
]);

/** A catalogue is made by our own code on the other side; only what the receiver relies on is checked. */
const catalogueSchema = z.array(z.custom<NodeSchema>((value) => z.object({ type: z.string(), version: z.number(), inputs: z.looseObject({}), outputs: z.looseObject({}), params: z.looseObject({}) }).safeParse(value).success));

const outcomeSchema = z.union([z.object({ works: z.literal(true), milliseconds: z.number() }), z.object({ works: z.literal(false), reason: z.string() })]);
const probesSchema = z.array(z.custom<DeviceProbe>((value) => z.object({ id: z.string(), title: z.string(), float32: outcomeSchema, float16: outcomeSchema }).safeParse(value).success));
const memorySchema = z.custom<MemoryReport>((value) => z.object({ resident: z.number() }).safeParse(value).success);

const triggerSchema = z.custom<TriggerReport>((value) => z.object({ streams: z.array(z.unknown()), tables: z.array(z.unknown()), prompts: z.array(z.unknown()) }).safeParse(value).success);

/** Everything that can be asked of the engine, one entry per method: what it takes and what it answers. */
export const ENGINE_METHODS = {
  start: { args: z.tuple([engineStartSchema]), result: z.undefined() },
  catalogue: { args: z.tuple([]), result: catalogueSchema },
  deviceKey: { args: z.tuple([]), result: z.string() },
  lookup: { args: z.tuple([z.string(), z.record(z.string(), portTypeSchema)]), result: z.enum(['memory', 'disk', 'missing']) },
  run: { args: z.tuple([runRequestSchema]), result: z.undefined() },
  runMany: { args: z.tuple([z.array(runRequestSchema)]), result: z.array(errorDataSchema.optional()) },
  rowGroups: { args: z.tuple([z.array(runRequestSchema)]), result: z.array(z.object({ group: z.string(), items: z.number() })) },
  describe: { args: z.tuple([handleSchema, portTypeSchema]), result: valueDescriptionSchema },
  rowWidth: { args: z.tuple([runRequestSchema, z.number().min(0).optional()]), result: z.int().min(1) },
  release: { args: z.tuple([z.array(z.string())]), result: z.undefined() },
  probeDevices: { args: z.tuple([]), result: probesSchema },
  /** What text encoders with their tables do to prompts. The handle's value must be held. */
  explainPrompts: { args: z.tuple([handleSchema, z.array(askedPromptSchema)]), result: triggerSchema },
  memory: { args: z.tuple([]), result: memorySchema },
  shutdown: { args: z.tuple([]), result: z.undefined() },
} as const;

export type EngineMethod = keyof typeof ENGINE_METHODS;
export type EngineArgs<M extends EngineMethod> = z.output<(typeof ENGINE_METHODS)[M]['args']>;
export type EngineResult<M extends EngineMethod> = z.output<(typeof ENGINE_METHODS)[M]['result']>;

const idSchema = z.int().min(0);

/** Main to engine. */
export const toEngineSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('call'), id: idSchema, method: z.enum(Object.keys(ENGINE_METHODS) as [EngineMethod, ...EngineMethod[]]), args: z.array(z.unknown()) }),
  z.object({ kind: z.literal('cancel'), id: idSchema }),
]);
export type ToEngine = z.infer<typeof toEngineSchema>;

/** Engine to main. */
export const fromEngineSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('result'), id: idSchema, value: z.unknown() }),
  z.object({ kind: z.literal('error'), id: idSchema, error: errorDataSchema }),
  /** `row` says which of the requests of a `runMany` it is about. */
  z.object({ kind: z.literal('event'), id: idSchema, event: nodeEventSchema, row: idSchema.optional() }),
]);
export type FromEngine = z.infer<typeof fromEngineSchema>;
