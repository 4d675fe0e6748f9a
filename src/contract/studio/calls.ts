import { z } from 'zod';
import { errorDataSchema } from '../engine-rpc.ts';
import type { NodeSchema } from '../node.ts';
import { BATCH_CALLS } from './batches.ts';
import {
  FILE_KINDS, faultsSchema, folderListingSchema, graphDocumentSchema, graphVersionSchema, importedGraphSchema, openedGraphSchema, pathSchema, placeSchema,
  recentFileSchema, recoverySchema, revisionSchema, savedGraphSchema, shippedGraphSchema,
} from './documents.ts';
import { FLEET_CALLS } from './fleets.ts';
import { modelListSchema, neededFileSchema, programSettingsSchema, tableFileSchema, tablePairSchema, tableReportSchema, triggerReportSchema } from './inspection.ts';
import { dryRunSchema, pictureDataSchema, pictureDifferenceSchema, queueViewSchema, resultPageSchema, resultSchema, runStateSchema } from './runs.ts';

const nothing = z.strictObject({});
const none = z.null();
const id = z.string().min(1).max(200);
const base64 = z.string().max(64 * 1024 * 1024).regex(/^[A-Za-z0-9+/]*={0,2}$/, 'must be base64');

/** The studio as a window finds it. */
export const studioInfoSchema = z.object({
  version: z.string(),
  /** `desktop` has dialogs and a file manager; `browser` has neither. */
  shell: z.enum(['desktop', 'browser']),
  platform: z.enum(['linux', 'win32', 'darwin', 'other']),
  /** What to open first: named on the command line, else the last one, else the graph that ships for newcomers. */
  openFirst: pathSchema.nullable(),
  outputFolder: pathSchema,
});
export type StudioInfo = z.infer<typeof studioInfoSchema>;

/** Schemas are made by our own code on the other side; only what the receiver relies on is checked. */
const nodeSchemaList = z.array(z.custom<NodeSchema>((value) => z.object({
  type: z.string(), version: z.number(), category: z.string(), title: z.string(), doc: z.string(), inputs: z.looseObject({}), outputs: z.looseObject({}), params: z.looseObject({}),
}).safeParse(value).success));

const subject = { graph: graphDocumentSchema, path: pathSchema.nullable() };

/** Everything that a window can ask of the studio, one entry per call: what it takes and what it answers. Names are `area.verb`. */
export const STUDIO_CALLS = {
  'studio.start': { input: nothing, output: studioInfoSchema },
  'catalogue.nodes': { input: nothing, output: nodeSchemaList },

  /** @throws GraphFaults with every fault of the file's form. */
  'files.open': { input: z.strictObject({ path: pathSchema }), output: openedGraphSchema },
  /** `revision` is what the file was when it was opened; null overwrites whatever is there. @throws AppError `files.changed`. */
  'files.save': { input: z.strictObject({ path: pathSchema, graph: graphDocumentSchema, revision: revisionSchema.nullable() }), output: savedGraphSchema },
  /**
   * `from`: the file that it was opened from. Paths in the graph that count from there are changed to name the same files; then the answer has the graph as it was written.
   * @throws AppError `files.exists` unless `overwrite`.
   */
  'files.saveAs': { input: z.strictObject({ path: pathSchema, from: pathSchema.nullable().optional(), graph: graphDocumentSchema, overwrite: z.boolean() }), output: savedGraphSchema.extend({ graph: graphDocumentSchema.optional() }) },
  /** A dropped `.graph.json` or picture of ours. */
  'files.import': { input: z.strictObject({ name: z.string().max(500), base64 }), output: importedGraphSchema },
  'files.recent': { input: nothing, output: z.array(recentFileSchema) },
  'files.forget': { input: z.strictObject({ path: pathSchema }), output: z.array(recentFileSchema) },
  'files.shipped': { input: nothing, output: z.array(shippedGraphSchema) },
  'files.places': { input: nothing, output: z.array(placeSchema) },
  /** A folder below a place. `base` is the graph's folder, for `value`. @throws AppError `files.outside`. */
  'files.list': { input: z.strictObject({ folder: pathSchema, kinds: z.array(z.enum(FILE_KINDS)).optional(), base: pathSchema.nullable() }), output: folderListingSchema },
  /** Concept tables that a graph in `base` can read. */
  'files.tables': { input: z.strictObject({ base: pathSchema.nullable() }), output: z.array(tableFileSchema) },
  /** The system's own dialog; null when it was dismissed. @throws AppError `shell.none` in a browser. */
  'files.pick': { input: z.strictObject({ purpose: z.enum(['open-graph', 'save-graph', 'open-table', 'open-image', 'open-folder']), suggested: z.string().max(4096).optional() }), output: pathSchema.nullable() },

  'history.list': { input: z.strictObject({ path: pathSchema }), output: z.array(graphVersionSchema) },
  'history.read': { input: z.strictObject({ path: pathSchema, id: revisionSchema }), output: graphDocumentSchema },

  /** Keeps unsaved work; `document` names the tab and stays the same while it is open. */
  'autosave.write': { input: z.strictObject({ document: id, name: z.string().max(200), path: pathSchema.nullable(), graph: graphDocumentSchema }), output: z.object({ savedAt: z.number() }) },
  /** Work that was never saved nor discarded, last one first. */
  'autosave.list': { input: nothing, output: z.array(recoverySchema) },
  'autosave.read': { input: z.strictObject({ document: id }), output: graphDocumentSchema },
  'autosave.discard': { input: z.strictObject({ document: id }), output: none },

  'run.validate': { input: z.strictObject({ graph: graphDocumentSchema }), output: faultsSchema },
  'run.dryRun': { input: z.strictObject({ ...subject, targets: z.array(id).optional() }), output: dryRunSchema },
  /** Puts a run at the end of the queue (`next`: at its start). @throws GraphFaults before anything is queued. */
  'run.start': { input: z.strictObject({ ...subject, document: id.nullable(), name: z.string().max(200), targets: z.array(id).optional(), next: z.boolean().optional() }), output: z.object({ runId: id }) },
  'run.cancel': { input: z.strictObject({ runId: id }), output: none },
  /** Between two nodes; inside a node that saves checkpoints, cancel and run again instead. */
  'run.pause': { input: z.strictObject({ runId: id }), output: none },
  'run.resume': { input: z.strictObject({ runId: id }), output: none },
  /** Running runs and the last finished one of each document: what a window draws when it connects. */
  'run.states': { input: nothing, output: z.array(runStateSchema) },

  'queue.view': { input: z.strictObject({ historyLimit: z.int().min(0).max(1000).optional() }), output: queueViewSchema },
  'queue.pause': { input: nothing, output: none },
  'queue.resume': { input: nothing, output: none },
  'queue.cancel': { input: z.strictObject({ id }), output: none },
  /** `before`: another waiting job's id, or an end of the line. */
  'queue.move': { input: z.strictObject({ id, before: z.union([z.literal('first'), z.literal('last'), z.strictObject({ id })]) }), output: none },
  'queue.retry': { input: z.strictObject({ id }), output: none },
  'queue.remove': { input: z.strictObject({ id }), output: none },
  /** The graph that a job ran. */
  'queue.graph': { input: z.strictObject({ id }), output: z.object({ graph: graphDocumentSchema, name: z.string(), path: pathSchema.nullable() }) },

  /** Newest first. `text` is looked for in name, prompt and graph name. */
  'results.list': { input: z.strictObject({ offset: z.int().min(0), limit: z.int().min(1).max(500), text: z.string().max(200).optional(), kinds: z.array(z.enum(['image', 'contact-sheet', 'table', 'report', 'data'])).optional() }), output: resultPageSchema },
  'results.read': { input: z.strictObject({ id }), output: resultSchema },
  /** The graph that made it, out of the file itself. */
  'results.graph': { input: z.strictObject({ id }), output: importedGraphSchema },
  /** Takes it off the list; the file stays. */
  'results.forget': { input: z.strictObject({ id }), output: none },
  /** Shows the file in the system's file manager. @throws AppError `shell.none` in a browser. */
  'results.reveal': { input: z.strictObject({ id }), output: none },
  'images.thumbnail': { input: z.strictObject({ id, size: z.union([z.literal(128), z.literal(256), z.literal(512)]) }), output: pictureDataSchema },
  'images.full': { input: z.strictObject({ id }), output: pictureDataSchema },
  'images.difference': { input: z.strictObject({ a: id, b: id }), output: pictureDifferenceSchema },
  /** A picture in a folder that may be listed, for file pickers. */
  'images.preview': { input: z.strictObject({ path: pathSchema }), output: pictureDataSchema },

  /** Tokens and table hits of prompts, as the text encoders linked to this node see them. `prompts`: those of the node's own params when left out. */
  'inspect.trigger': { input: z.strictObject({ ...subject, node: id, prompts: z.array(z.string().max(20_000)).max(64).optional() }), output: triggerReportSchema },
  'inspect.table': { input: z.strictObject({ path: pathSchema }), output: tableReportSchema },
  'inspect.tablePair': { input: z.strictObject({ a: pathSchema, b: pathSchema }), output: tablePairSchema },

  ...BATCH_CALLS,
  ...FLEET_CALLS,

  'models.list': { input: nothing, output: modelListSchema },
  /** What the nodes of a graph read: models, tables, pictures; and which of it is missing. */
  'models.needed': { input: z.strictObject(subject), output: z.array(neededFileSchema) },
  'models.hash': { input: z.strictObject({ value: z.string().max(500) }), output: z.object({ hash: z.string() }) },

  'settings.read': { input: nothing, output: programSettingsSchema },
  /** Changes what is given; takes effect with the next engine process. */
  'settings.write': { input: programSettingsSchema.partial().strict(), output: programSettingsSchema },
  /** What the windows keep for themselves: theme, keys, layout, how often a node type was used. */
  'preferences.read': { input: nothing, output: z.record(z.string(), z.json()) },
  'preferences.write': { input: z.strictObject({ values: z.record(z.string().max(100), z.json()) }), output: none },
} as const;

export type StudioCallName = keyof typeof STUDIO_CALLS;
export type StudioInput<N extends StudioCallName> = z.input<(typeof STUDIO_CALLS)[N]['input']>;
export type StudioCheckedInput<N extends StudioCallName> = z.output<(typeof STUDIO_CALLS)[N]['input']>;
export type StudioOutput<N extends StudioCallName> = z.output<(typeof STUDIO_CALLS)[N]['output']>;

/** The names of all calls. */
export const STUDIO_CALL_NAMES = Object.keys(STUDIO_CALLS) as readonly StudioCallName[];

/** How a call ends: a value, or why not. One fault of several comes first. */
export const studioAnswerSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), errors: z.array(errorDataSchema).min(1) }),
]);
export type StudioAnswer = z.infer<typeof studioAnswerSchema>;
