import { z } from 'zod';
import { AppError, type ErrorData } from './errors.ts';
import { errorDataSchema } from './engine-rpc.ts';
import { studioBatchSchema } from './studio/batches.ts';
import { pathSchema } from './studio/documents.ts';
import { studioRunEventSchema } from './studio/runs.ts';
import { STUDIO_CALL_NAMES, studioAnswerSchema, type StudioAnswer, type StudioCallName } from './studio/calls.ts';

export * from './studio/calls.ts';
export type * from './studio/batches.ts';
export type * from './studio/documents.ts';
export type * from './studio/fleets.ts';
export type * from './studio/inspection.ts';
export type * from './studio/runs.ts';

/** Everything that the studio tells all windows, by name. */
export const STUDIO_EVENTS = {
  /** One thing that happened in a run; `sequence` counts up from 1 within the run. */
  run: z.object({ runId: z.string(), document: z.string().nullable(), sequence: z.number(), event: studioRunEventSchema }),
  /** The queue has changed: ask for `queue.view` when it is shown. */
  queue: z.object({ paused: z.string().nullable(), running: z.number(), waiting: z.number() }),
  /** A batch of the studio as it stands now; at most a few times a second. */
  batch: studioBatchSchema,
  /** A file that is open was changed or removed by another program; null: it is gone. */
  'file-changed': z.object({ path: pathSchema, revision: z.string().nullable() }),
  /** There are new results, or some were forgotten. */
  results: z.object({ total: z.number() }),
  /** Models or tables have appeared or gone. */
  models: z.object({}),
  engine: z.object({ state: z.enum(['stopped', 'running', 'died']), error: errorDataSchema.optional() }),
  /** A menu item of the desktop shell: the name of a command of the window. */
  menu: z.object({ command: z.string() }),
  /** A file that the system was asked to open with the program. */
  'open-file': z.object({ path: pathSchema }),
} as const;

export type StudioEventName = keyof typeof STUDIO_EVENTS;
export type StudioEventData<N extends StudioEventName> = z.output<(typeof STUDIO_EVENTS)[N]>;
export type StudioEvent = { readonly [N in StudioEventName]: { readonly event: N; readonly data: StudioEventData<N> } }[StudioEventName];

const eventNames = Object.keys(STUDIO_EVENTS) as [StudioEventName, ...StudioEventName[]];

/** An event as it comes in; its data is checked by {@link STUDIO_EVENTS}. */
export const studioEventSchema = z.object({ event: z.enum(eventNames), data: z.unknown() });

/** Window to studio, over a socket. */
export const toStudioSchema = z.strictObject({
  id: z.int().min(0),
  call: z.enum(STUDIO_CALL_NAMES as [StudioCallName, ...StudioCallName[]]),
  input: z.unknown(),
});
export type ToStudio = z.infer<typeof toStudioSchema>;

/** Studio to window, over a socket. */
export const fromStudioSchema = z.union([z.object({ id: z.int().min(0), answer: studioAnswerSchema }), studioEventSchema]);
export type FromStudio = { readonly id: number; readonly answer: StudioAnswer } | StudioEvent;

/** What the preload script puts on `window.engram`. */
export interface StudioBridge {
  call(name: string, input: unknown): Promise<unknown>;
  /** @returns what ends listening. */
  onEvent(listener: (message: unknown) => void): () => void;
}

/** A call that failed, with every fault; as an error it reads as the first of them. */
export class StudioError extends AppError {
  readonly errors: readonly ErrorData[];

  constructor(errors: readonly ErrorData[]) {
    super(errors[0] ?? { code: 'internal.unexpected', kind: 'internal', where: 'Engram Studio', rule: 'a failure must say what it is' });
    this.name = 'StudioError';
    this.errors = errors;
  }
}
